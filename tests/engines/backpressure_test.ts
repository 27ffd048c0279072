import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { forEachEngine } from "../support/each_engine.ts";
import { inKernel } from "../support/proc.ts";
import { RawBackend } from "../support/raw_backend.ts";
import { bytesOf } from "../support/raw_client.ts";
import { writeAll } from "../support/scripted_backend.ts";

const MIB = 1024 * 1024;
const SIZE = 64 * MIB;
/** What a sender may send while the receiver reads nothing, the system's buffers included. */
const MOST = 16 * MIB;
/** The balancer's own share of that, if the system's buffers are larger. */
const OWN = MIB;
/** A byte that occurs in no head, and in no chunk's size. */
const FILLING = 0x7a;
const FILLED = new Uint8Array(MIB).fill(FILLING);

/** Sends a body piece by piece, and counts the bytes sent. */
class Sender {
  sent = 0;
  readonly #send: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  readonly #chunked: boolean;

  constructor(send: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>, chunked: boolean) {
    this.#send = send;
    this.#chunked = chunked;
  }

  async sendAll(): Promise<void> {
    while (this.sent < SIZE) {
      if (this.#chunked) await this.#send(bytesOf(`${MIB.toString(16)}\r\n`));
      await this.#send(FILLED);
      this.sent += MIB;
      if (this.#chunked) await this.#send(bytesOf("\r\n"));
    }
    if (this.#chunked) await this.#send(bytesOf("0\r\n\r\n"));
  }

  /** Resolves with the bytes sent, once the count has not changed for a while. */
  async stalled(): Promise<number> {
    for (let before = 0; before === 0 || before !== this.sent;) {
      before = this.sent;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    return this.sent;
  }
}

function fillingIn(bytes: Uint8Array): number {
  // What most pieces are is found out natively: the loop takes fifty times as long.
  if (Buffer.compare(bytes, FILLED.subarray(0, bytes.length)) === 0) return bytes.length;
  let count = 0;
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === FILLING) count++;
  return count;
}

function assertHeldBack(sent: number, ports: readonly number[]): void {
  assert(sent > 0 && sent < SIZE, `${sent / MIB} MiB`);
  const own = sent - inKernel(ports);
  assert(
    sent <= MOST || own <= OWN,
    `${sent / MIB} MiB, ${own / MIB} MiB of it not in the system`,
  );
}

/** Counts body bytes until the end. @param most stops there */
async function countBody(read: () => Promise<Uint8Array | null>, most = SIZE): Promise<number> {
  let count = 0;
  for (let bytes; count < most && (bytes = await read()) !== null;) count += fillingIn(bytes);
  return count;
}

function reader(connection: Deno.Conn): () => Promise<Uint8Array | null> {
  const buffer = new Uint8Array(256 * 1024);
  return async () => {
    const size = await connection.read(buffer);
    return size === null ? null : buffer.subarray(0, size);
  };
}

forEachEngine(({ balance, test }) => {
  for (const framing of [`Content-Length: ${SIZE}`, "Transfer-Encoding: chunked"]) {
    const chunked = framing.startsWith("T");

    test(`backpressure: a client that does not read a response holds its backend back: ${framing}`, async () => {
      const started = Promise.withResolvers<Sender>();
      await using backend = new RawBackend(async (side) => {
        await side.until("\r\n\r\n");
        await side.send(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n`);
        const sender = new Sender((bytes) => side.send(bytes), chunked);
        started.resolve(sender);
        await sender.sendAll();
        await side.read();
      });
      await using balancer = balance([backend.url]);
      using client = await Deno.connect({ hostname: "127.0.0.1", port: balancer.port });
      await writeAll(client, bytesOf("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"));
      const stalled = await (await started.promise).stalled();
      assertHeldBack(stalled, [balancer.port, Number(new URL(backend.url).port)]);
      assertEquals(await countBody(reader(client)), SIZE);
      assertEquals(backend.errors, []);
    });

    test(`backpressure: a backend that does not read an upload holds its client back: ${framing}`, async () => {
      const reading = Promise.withResolvers<void>();
      const counted = Promise.withResolvers<number>();
      await using backend = new RawBackend(async (side) => {
        await side.until("\r\n\r\n");
        await reading.promise;
        const early = fillingIn(bytesOf(side.received)); // received with the head
        counted.resolve(early + await countBody(() => side.readBytes(), SIZE - early));
        await side.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
        while (await side.read());
      });
      await using balancer = balance([backend.url]);
      using client = await Deno.connect({ hostname: "127.0.0.1", port: balancer.port });
      await writeAll(client, bytesOf(`PUT / HTTP/1.1\r\nHost: a.test\r\n${framing}\r\n\r\n`));
      const sender = new Sender((bytes) => writeAll(client, bytes), chunked);
      const sending = sender.sendAll();
      const stalled = await sender.stalled();
      assertHeldBack(stalled, [balancer.port, Number(new URL(backend.url).port)]);
      reading.resolve();
      await sending;
      assertEquals(await counted.promise, SIZE);
      const answer = await reader(client)();
      assert(new TextDecoder().decode(answer!).startsWith("HTTP/1.1 200 OK\r\n"));
      assertEquals(backend.errors, []);
    });
  }
});
