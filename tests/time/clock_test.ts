import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { startClock } from "../../lib/time/clock.ts";
import { Timed } from "../../lib/time/timer_wheel.ts";

/** A deadline that resolves a promise. */
class Deadline extends Timed {
  readonly expired = Promise.withResolvers<void>();
  override expire(): void {
    this.expired.resolve();
  }
}

Deno.test("clock: it follows the time, in ticks", async () => {
  // The time is read before the clock is started and after it ticked last: the process may be stopped between.
  const startedAt = performance.now();
  using clock = startClock();
  const before = clock.now();
  const deadline = new Deadline();
  clock.wheel.set(deadline, 300);
  await deadline.expired.promise;
  const ticked = clock.now() - before;
  const passed = performance.now() - startedAt;
  assert(ticked >= 300, `${ticked} ms`);
  assert(ticked <= passed, `the clock is ahead: ${ticked} ms in ${passed} ms`);
});

Deno.test("clock: while this process does not run, no deadline comes closer", async () => {
  using clock = startClock();
  const deadline = new Deadline();
  clock.wheel.set(deadline, 500);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 750); // as if the process were stopped
  const answered = delay(100).then(() => "answered");
  const expired = deadline.expired.promise.then(() => "expired");
  assertEquals(await Promise.race([answered, expired]), "answered");
  await expired;
});

Deno.test("clock: its precise time goes on between ticks, and never back, not even while the wheel turns", async () => {
  using clock = startClock();
  const startedAt = performance.now();
  const read: number[] = [clock.precisely()];
  const done = Promise.withResolvers<void>();
  class Reading extends Timed {
    override expire(): void {
      read.push(clock.precisely());
      if (read.length > 2_000) done.resolve();
      else clock.wheel.set(this, 0);
    }
  }
  clock.wheel.set(new Reading(), 0);
  while (read.length < 2_000) {
    for (let i = 0; i < 200; i++) read.push(clock.precisely());
    await delay(7);
  }
  await done.promise;
  const passed = performance.now() - startedAt;
  for (let i = 1; i < read.length; i++) assert(read[i]! >= read[i - 1]!, `${i}`);
  assert(read.at(-1)! - read[0]! <= passed + 1, "it is never ahead");
  assert(new Set(read).size > 50, "in small steps");
});
