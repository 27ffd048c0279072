/** Bytes inside TLS, how they are held back, and how they end. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { assert, assertEquals } from "@std/assert";
import { AUTHORITY, connectSecurely } from "../../../support/certificates.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { RawBackend } from "../../../support/raw_backend.ts";
import { ScriptedBackend, writeAll } from "../../../support/scripted_backend.ts";
import { balance, GET, openSecurely } from "../../../support/tls_front.ts";

/** Passes one connection on, until it ends it in the middle: by TCP, so that TLS says nothing. */
class CutRelay implements Disposable {
  readonly port: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #server: Socket;

  static async open(port: number): Promise<CutRelay> {
    const server = connect(port, "127.0.0.1");
    await once(server, "connect");
    return new CutRelay(server);
  }

  private constructor(server: Socket) {
    this.port = this.#listener.addr.port;
    this.#server = server;
    this.#relay();
  }

  async cut(how: "closes" | "resets" = "closes"): Promise<void> {
    const closed = once(this.#server, "close");
    if (how === "closes") this.#server.destroy();
    else this.#server.resetAndDestroy();
    await closed;
  }

  async #relay(): Promise<void> {
    const client = await this.#listener.accept();
    this.#server.on("data", (bytes: Uint8Array) => writeAll(client, bytes).catch(() => {}));
    this.#server.on("close", () => client.close());
    const bytes = new Uint8Array(64 * 1024);
    try {
      for (let size; (size = await client.read(bytes)) !== null;) {
        this.#server.write(bytes.slice(0, size));
      }
    } catch (error) {
      if (!this.#server.destroyed) throw error; // it was cut
    }
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

Deno.test("TLS: bodies of megabytes pass whole, in both directions", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(64 * 1024));
  const body = new Uint8Array(4 * 1024 * 1024).map((_, index) => bytes[index % bytes.length]!);
  await using backend = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => new Response(request.body),
  );
  await using balancer = balance([`http://127.0.0.1:${backend.addr.port}`]);
  using client = Deno.createHttpClient({ caCerts: [AUTHORITY.cert] });
  const url = `https://localhost:${balancer.port}/`;
  const response = await fetch(url, { client, method: "POST", body });
  assertEquals(new Uint8Array(await response.arrayBuffer()), body);
});

Deno.test("TLS: a client that reads slowly gets all of a body, and is not buffered for without a limit", async () => {
  const size = 32 * 1024 * 1024;
  let sent = 0;
  await using backend = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    const pieces = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (sent === size) return controller.close();
        controller.enqueue(new Uint8Array(64 * 1024));
        sent += 64 * 1024;
      },
    });
    return new Response(pieces, { headers: { "content-length": String(size) } });
  });
  await using balancer = balance([`http://127.0.0.1:${backend.addr.port}`]);
  using client = await connectSecurely(balancer.port);
  await client.write(new TextEncoder().encode(GET));
  let before = -1;
  while (sent !== before) { // until nothing moves any more
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assertEquals(sent < size, true, `${sent} bytes were taken from the backend`);
  const buffer = new Uint8Array(256 * 1024);
  let received = 0;
  while (received < size) received += (await client.read(buffer))!;
});

Deno.test("TLS: a backend that does not read an upload holds its client back", async () => {
  const size = 64 * 1024 * 1024;
  const reading = Promise.withResolvers<void>();
  await using backend = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      await reading.promise;
      return new Response(String((await request.arrayBuffer()).byteLength));
    },
  );
  await using balancer = balance([`http://127.0.0.1:${backend.addr.port}`]);
  using client = await openSecurely(balancer.port);
  await client.send(`PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${size}\r\n\r\n`);
  const piece = new Uint8Array(256 * 1024);
  let sent = 0;
  const sending = (async () => {
    for (; sent < size; sent += piece.length) await client.send(piece);
  })();
  for (let before = -1; before !== sent;) { // until nothing moves any more
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const stalledAt = sent;
  reading.resolve();
  await sending;
  assertEquals(new TextDecoder().decode((await client.response()).body), String(size));
  assertEquals(stalledAt < size / 2, true, `${stalledAt} bytes were taken`);
});

Deno.test("TLS: a client that half-closes gets its response", async () => {
  await using backend = new ScriptedBackend("a");
  await using balancer = balance([backend.url]);
  using client = await openSecurely(balancer.port);
  await client.send(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  await client.closeWrite();
  assertEquals((await client.response()).status, 200);
  assertEquals(await client.rest(), "");
});

Deno.test("TLS: a client whose half-close was noticed before its response is told that the end is a clean one", async () => {
  const clock = new ManualClock();
  const answer = Promise.withResolvers<void>();
  await using backend = new RawBackend(async (side) => {
    await side.until("\r\n\r\n");
    await answer.promise;
    await side.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
    await side.read();
  });
  await using balancer = balance([backend.url], { clock });
  using client = await openSecurely(balancer.port);
  await client.send(GET);
  await client.closeWrite();
  await clock.advance(2_500); // until the client is watched, and is seen to send no more
  answer.resolve();
  assertEquals((await client.response()).status, 200);
  assertEquals(await client.rest(), ""); // without close_notify this throws
});

for (const how of ["closes", "resets"] as const) {
  Deno.test(`TLS: a client that ${how} its connection without a word has left: its request is given up`, async () => {
    await using backend = new ScriptedBackend("a", "stall");
    await using balancer = balance([backend.url]);
    using relay = await CutRelay.open(balancer.port);
    const client = await openSecurely(relay.port);
    await client.send(GET);
    await backend.until(() => backend.requests.length === 1);
    await relay.cut(how);
    await backend.until(() => backend.openConnections === 0);
    client[Symbol.dispose]();
  });
}

// Over plain connections tests/engines/tcp/client_leaves_test.ts has the same.
Deno.test("TLS: a reset is noticed although the client has sent another request before", async () => {
  const clock = new ManualClock();
  await using backend = new ScriptedBackend("a", "stall");
  await using balancer = balance([backend.url], { clock });
  using relay = await CutRelay.open(balancer.port);
  const client = await openSecurely(relay.port);
  await client.send(GET);
  await backend.until(() => backend.requests.length === 1);
  await clock.advance(1_500); // until the client is watched
  await client.send(GET);
  await clock.advance(200);
  await relay.cut("resets");
  const took = await clock.advanceUntil(() => backend.openConnections === 0);
  assert(took < 1_000, `${took} ms`);
  client[Symbol.dispose]();
});
