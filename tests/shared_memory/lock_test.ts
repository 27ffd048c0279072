import { assertEquals, assertThrows } from "@std/assert";
import { AtomicInt, Cells } from "../../lib/shared_memory/cells.ts";
import { Lock } from "../../lib/shared_memory/lock.ts";

/** Adds to a plain number under the lock of a shared memory, and says when it is done. */
const ADDER = `
import { AtomicInt, Cells } from "${import.meta.resolve("../../lib/shared_memory/cells.ts")}";
import { Lock } from "${import.meta.resolve("../../lib/shared_memory/lock.ts")}";
self.onmessage = ({ data: { buffer, times } }) => {
  const cells = new Cells(buffer);
  const lock = new Lock(new AtomicInt(cells, 0));
  for (let i = 0; i < times; i++) lock.hold(() => cells.floats[1] = cells.floats[1]! + 1);
  self.postMessage("done");
};`;

Deno.test("lock: an action that throws gives it back", () => {
  const lock = new Lock(new AtomicInt(new Cells(new SharedArrayBuffer(8)), 0));
  assertThrows(
    () =>
      lock.hold(() => {
        throw new RangeError("x");
      }),
    RangeError,
    "x",
  );
  assertEquals(lock.hold(() => 7), 7);
});

Deno.test("lock: of several threads only one is inside at a time", async () => {
  const cells = new Cells(new SharedArrayBuffer(16));
  const script = URL.createObjectURL(new Blob([ADDER], { type: "text/typescript" }));
  const times = 5_000;
  const workers = Array.from({ length: 3 }, () => new Worker(script, { type: "module" }));
  await Promise.all(workers.map((worker) =>
    new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = reject;
      worker.postMessage({ buffer: cells.buffer, times });
    })
  ));
  for (const worker of workers) worker.terminate();
  URL.revokeObjectURL(script);
  assertEquals(cells.floats[1], 3 * times);
});
