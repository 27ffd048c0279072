import type { SocketConnection } from "../../../../lib/net/sockets.ts";
import { assertEquals, assertRejects, fail } from "@std/assert";
import { acceptFrom, type AcceptOptions } from "../../../../lib/engines/tcp/client/accept.ts";

type Connection = { closed: boolean };

/** A listener whose accept has these results, each after a turn, and then waits for what arrives. */
class FakeListener {
  closed = false;
  readonly connections: Connection[] = [];
  /** Resolves when all results are used up. */
  readonly exhausted = Promise.withResolvers<void>();
  #waiting = Promise.withResolvers<Connection>();
  #arrived = 0;
  readonly #results: ("connection" | Error)[];

  constructor(results: readonly ("connection" | Error)[]) {
    this.#results = [...results];
  }

  async accept(): Promise<Connection> {
    const next = this.#results.shift();
    if (next === undefined) {
      this.exhausted.resolve();
      if (this.#arrived === 0) return await this.#waiting.promise;
      this.#arrived--;
      return this.#connection();
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (next !== "connection") throw next;
    return this.#connection();
  }

  /** So many connections come at once: one for the accept that waits, the others as soon as they are asked for. */
  arrive(count: number): void {
    this.#arrived = count - 1;
    this.#waiting.resolve(this.#connection());
    this.#waiting = Promise.withResolvers();
  }

  close(): void {
    this.closed = true;
    this.#waiting.reject(new Deno.errors.BadResource("closed"));
  }

  #connection(): Connection {
    const connection = { closed: false, close: () => connection.closed = true };
    this.connections.push(connection);
    return connection;
  }
}

function acceptAll(
  results: readonly ("connection" | Error)[],
  onConnection: AcceptOptions["onConnection"] = () => {},
) {
  const listener = new FakeListener(results);
  const seen = { warnings: [] as string[], rooms: 0, taken: 0 };
  const accepting = acceptFrom(listener as unknown as Deno.TcpListener, {
    hasRoom: () => true,
    makeRoom: () => void seen.rooms++,
    onConnection(connection) {
      seen.taken++;
      onConnection(connection);
    },
    onWarning: (warning) => seen.warnings.push(warning),
  });
  return { listener, seen, accepting };
}

/** Accepts until these results are used up. @returns what that led to */
async function accept(...given: Parameters<typeof acceptAll>) {
  const { listener, seen, accepting } = acceptAll(...given);
  await listener.exhausted.promise;
  await accepting.stop();
  await accepting.finished;
  return { ...seen, closed: listener.connections.map(({ closed }) => closed) };
}

const outOfDescriptors = () =>
  Object.assign(new Error("Too many open files (os error 24)"), { code: "EMFILE" });
const reset = () =>
  new Deno.errors.NotConnected("Transport endpoint is not connected (os error 107)");

Deno.test("accept: if no descriptor is left, it warns, makes room and tries again", async () => {
  const { warnings, rooms } = await accept([outOfDescriptors(), outOfDescriptors(), "connection"]);
  const warning = "cannot accept connections for now: too many open files";
  assertEquals([warnings, rooms], [[warning, warning], 2]);
});

Deno.test("accept: clients that reset before they are accepted cost no idle connection, no pause and no warning", async () => {
  const startedAt = performance.now();
  const { warnings, rooms } = await accept([...Array.from({ length: 50 }, reset), "connection"]);
  assertEquals([warnings, rooms], [[], 0]);
  assertEquals(performance.now() - startedAt < 4_000, true); // a pause is 100 ms
});

Deno.test("accept: an error that is not known costs a short pause and a warning, but no idle connection", async () => {
  const startedAt = performance.now();
  const results = Array.from({ length: 5 }, () => new Error("never seen before"));
  const { warnings, rooms } = await accept([...results, "connection"]);
  const warning = "cannot accept connections for now: never seen before";
  assertEquals([warnings, rooms], [Array(5).fill(warning), 0]);
  assertEquals(performance.now() - startedAt >= 45, true, "it tried again without a pause");
});

Deno.test("accept: before it stops, it takes the connections that wait in the system's queue", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const taken: SocketConnection[] = [];
  const accepting = acceptFrom(listener, {
    hasRoom: () => true,
    makeRoom() {},
    onConnection: (connection) => taken.push(connection),
    onWarning: (warning) => fail(warning),
  });
  const stopping = accepting.stop();
  const connect = () => Deno.connect({ hostname: "127.0.0.1", port });
  const clients = await Promise.all(Array.from({ length: 50 }, connect));
  await stopping;
  assertEquals(taken.length, 50);
  await assertRejects(connect, Deno.errors.ConnectionRefused);
  for (const connection of [...clients, ...taken]) connection.close();
});

Deno.test("accept: of the last connections, one that cannot be served is closed, and the others are served", async () => {
  let count = 0;
  const { listener, seen, accepting } = acceptAll([], () => {
    if (count++ === 0) throw new Error("it has no address any more");
  });
  const stopping = accepting.stop();
  listener.arrive(3);
  await stopping;
  assertEquals([seen.taken, listener.closed], [3, true]);
  assertEquals(listener.connections.map(({ closed }) => closed), [true, false, false]);
  assertEquals(seen.warnings, ["cannot accept connections for now: it has no address any more"]);
});

Deno.test("accept: a connection that cannot be served is closed, and the next one is accepted", async () => {
  let failures = 0;
  const { taken, closed, rooms } = await accept(["connection", "connection"], () => {
    if (failures++ === 0) throw new Error("it has no address any more");
  });
  assertEquals([taken, closed, rooms], [2, [true, false], 0]);
});
