import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { setImmediate } from "node:timers";
import { EventLoop } from "../../../lib/net/epoll/event_loop.ts";
import { EDGE_TRIGGERED, READABLE } from "../../../lib/net/epoll/poller.ts";
import { openEpollSockets } from "../../../lib/net/epoll/sockets.ts";
import type { SocketConnection } from "../../../lib/net/sockets.ts";
import { abstractPlace, type Pair, pairOfBoth } from "../../support/both_sockets.ts";
import { TrackedLibc } from "../../support/tracked_libc.ts";

const libc = new TrackedLibc();
const sockets = await openEpollSockets(libc);

const BYTE = new Uint8Array(1);

/** How long a loop may take to find out that nothing happens, in milliseconds. */
const SETTLE_MS = 100;

/** Sends a byte there and back, as often as it can. */
class PingPong {
  count = 0;
  #isOver = false;
  readonly #finished: Promise<unknown>;

  private constructor({ tested, peer }: Pair) {
    this.#finished = Promise.all([this.#echo(tested), this.#echo(peer)]);
    tested.write(BYTE);
  }

  /** Begins, and waits until it is under way. */
  static async start(pair: Pair): Promise<PingPong> {
    const started = new PingPong(pair);
    while (started.count < 100) await delay(1);
    return started;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#finished;
  }

  async #echo(connection: SocketConnection): Promise<void> {
    const into = new Uint8Array(2);
    while (await connection.read(into) !== null && !this.#isOver) {
      this.count++;
      await connection.write(BYTE);
    }
    await connection.closeWrite();
  }
}

/** So many bytes go back and forth that whatever else does not happen before would never. */
const NEVER_COUNT = 300_000;

for (
  const [name, happens] of [
    ["timers", () => delay(5)],
    ["immediates", () => new Promise<void>((resolve) => void setImmediate(resolve))],
    ["signals", receiveSignal],
    ["messages of workers", exchangeMessages],
    ["Deno's own sockets", exchangeByte],
    ["files", async () => void await Deno.readTextFile(new URL(import.meta.url))],
  ] as const
) {
  Deno.test(`event loop: while sockets are busy, ${name} go on`, async () => {
    using pair = await pairOfBoth(sockets, abstractPlace());
    const busy = await PingPong.start(pair);
    for (let count = 0; count < 3; count++) {
      const before = busy.count;
      await happens();
      assert(busy.count < before + NEVER_COUNT, "it came too late");
    }
    await busy.stop();
  });
}

Deno.test("event loop: while sockets are busy, Deno's own do not wait long", async () => {
  using pair = await pairOfBoth(sockets, abstractPlace());
  const busy = await PingPong.start(pair);
  await delay(SETTLE_MS);
  const times: number[] = [];
  for (let count = 0; count < 5; count++) {
    const startedAt = performance.now();
    await exchangeByte();
    times.push(performance.now() - startedAt);
  }
  await busy.stop();
  assert(Math.min(...times) < 100, `${times} ms`);
});

async function receiveSignal(): Promise<void> {
  const received = Promise.withResolvers<void>();
  Deno.addSignalListener("SIGURG", received.resolve); // ignored by whoever does not listen to it
  Deno.kill(Deno.pid, "SIGURG");
  await received.promise;
  Deno.removeSignalListener("SIGURG", received.resolve);
}

async function exchangeMessages(): Promise<void> {
  const code = "self.onmessage = ({ data }) => self.postMessage(data + 1);";
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: "module" });
  for (let number = 0; number < 5; number++) {
    const { promise, resolve } = Promise.withResolvers<number>();
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(number);
    assertEquals(await promise, number + 1);
  }
  worker.terminate();
}

async function exchangeByte(): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connected = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  const accepted = await listener.accept();
  await connected.write(new Uint8Array(1));
  assertEquals(await accepted.read(new Uint8Array(1)), 1);
  for (const open of [listener, connected, accepted]) open.close();
}

Deno.test("event loop: after load it comes to rest", async () => {
  using pair = await pairOfBoth(sockets);
  const busy = await PingPong.start(pair);
  await delay(50);
  await busy.stop();
  await delay(SETTLE_MS);
  const before = libc.waits;
  await delay(100);
  assertEquals(libc.waits, before);
});

Deno.test("event loop: more events than are taken at a time are all told, also if the first ones take a whole turn", async () => {
  const loop = new EventLoop(libc);
  const pairs = Array.from({ length: 600 }, () => libc.connectedPair());
  let told = 0;
  const all = Promise.withResolvers<void>();
  const onEvents = () => {
    told++;
    const end = performance.now() + (told === 1 ? 50 : 0);
    while (performance.now() < end);
    if (told === pairs.length) all.resolve();
  };
  for (const [watched] of pairs) {
    loop.watch(watched, READABLE | EDGE_TRIGGERED, { onEvents, close() {} });
  }
  await delay(SETTLE_MS);
  for (const [, other] of pairs) libc.send(other, BYTE);
  await deadline(all.promise, 5_000);
  for (const [watched, other] of pairs) {
    loop.close(watched);
    libc.close(other);
  }
});
