import { assertEquals } from "@std/assert";
import { acceptFrom } from "../../../../lib/engines/tcp/client/accept.ts";

/** A listener whose accept has these results in order, and then waits. */
function listenerOf(results: readonly ("connection" | Error)[]) {
  const left = [...results];
  let end = (_error: Error) => {};
  const ended = new Promise<never>((_, reject) => end = reject);
  ended.catch(() => {});
  return {
    accept() {
      const next = left.shift();
      if (next === undefined) return ended;
      return next === "connection" ? Promise.resolve({ close: () => {} }) : Promise.reject(next);
    },
    close: () => end(new Deno.errors.Interrupted("closed")),
  } as unknown as Deno.TcpListener;
}

const outOfDescriptors = () =>
  Object.assign(new Error("Too many open files (os error 24)"), { code: "EMFILE" });

Deno.test("accept: if no descriptor is left, it warns, makes room and tries again", async () => {
  const warnings: string[] = [];
  const taken = Promise.withResolvers<void>();
  let rooms = 0;
  const accepting = acceptFrom(
    listenerOf([outOfDescriptors(), outOfDescriptors(), "connection"]),
    {
      hasRoom: () => true,
      makeRoom: () => void rooms++,
      onConnection: () => taken.resolve(),
      onWarning: (warning) => warnings.push(warning),
    },
  );
  await taken.promise;
  const warning = "cannot accept connections for now: Too many open files (os error 24)";
  assertEquals([warnings, rooms], [[warning, warning], 2]);
  accepting.stop();
  await accepting.finished;
});

Deno.test("accept: a client that left before it was accepted causes no warning", async () => {
  const warnings: string[] = [];
  const taken = Promise.withResolvers<void>();
  const accepting = acceptFrom(
    listenerOf([new Deno.errors.ConnectionAborted("x"), "connection"]),
    {
      hasRoom: () => true,
      makeRoom: () => {},
      onConnection: () => taken.resolve(),
      onWarning: (warning) => warnings.push(warning),
    },
  );
  await taken.promise;
  assertEquals(warnings, []);
  accepting.stop();
  await accepting.finished;
});
