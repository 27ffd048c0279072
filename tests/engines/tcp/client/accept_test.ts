import { assertEquals } from "@std/assert";
import { acceptFrom, type AcceptOptions } from "../../../../lib/engines/tcp/client/accept.ts";

type Connection = { closed: boolean };

/** A listener whose accept has these results, each after a turn, and then waits. */
class FakeListener {
  closed = false;
  readonly connections: Connection[] = [];
  /** Resolves when all results are used up. */
  readonly exhausted = Promise.withResolvers<void>();
  #end = (_error: Error) => {};
  readonly #results: ("connection" | Error)[];

  constructor(results: readonly ("connection" | Error)[]) {
    this.#results = [...results];
  }

  async accept(): Promise<Connection> {
    const next = this.#results.shift();
    if (next === undefined) {
      this.exhausted.resolve();
      return await new Promise((_, reject) => this.#end = reject);
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (next !== "connection") throw next;
    const connection = { closed: false, close: () => connection.closed = true };
    this.connections.push(connection);
    return connection;
  }

  close(): void {
    this.closed = true;
    this.#end(new Deno.errors.BadResource("closed"));
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
  assertEquals(performance.now() - startedAt < 2_000, true); // a pause is 100 ms
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
  const { listener, seen, accepting } = acceptAll(Array(20).fill("connection"));
  await accepting.stop();
  assertEquals([seen.taken, listener.closed], [20, true]);
  assertEquals(listener.connections.some(({ closed }) => closed), false);
});

Deno.test("accept: a connection that cannot be served is closed, and the next one is accepted", async () => {
  let failures = 0;
  const { taken, closed, rooms } = await accept(["connection", "connection"], () => {
    if (failures++ === 0) throw new Error("it has no address any more");
  });
  assertEquals([taken, closed, rooms], [2, [true, false], 0]);
});
