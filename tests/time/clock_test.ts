import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { type ClockOptions, startClock } from "../../lib/time/clock.ts";
import { Timed } from "../../lib/time/timer_wheel.ts";

/** A deadline that resolves a promise. */
class Deadline extends Timed {
  readonly expired = Promise.withResolvers<void>();
  override expire(): void {
    this.expired.resolve();
  }
}

/** As if the process were stopped. */
function stand(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Fails if a deadline expires before what arrives 100 ms after the process goes on. */
async function assertAnsweredFirst({ expired }: Deadline): Promise<void> {
  const first = await Promise.race([
    delay(100).then(() => "answered"),
    expired.promise.then(() => "expired"),
  ]);
  assertEquals(first, "answered");
  await expired.promise;
}

/** A clock, how often it ticked, and whether it sleeps. */
function observedClock(options: ClockOptions = {}) {
  const asleep = Promise.withResolvers<void>();
  const seen = { ticks: 0, wakes: 0, asleep: asleep.promise };
  const clock = startClock({
    onSleep: () => asleep.resolve(),
    onWake: () => seen.wakes++,
    ...options,
  });
  clock.onTick(() => seen.ticks++);
  return { clock, seen };
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
  stand(750);
  await assertAnsweredFirst(deadline);
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

Deno.test("clock: if nothing is due it sleeps, and a time that is read then is no older than a tick", async () => {
  const { clock, seen } = observedClock();
  using _ = clock;
  await seen.asleep;
  const before = clock.precisely(); // wakes it
  assertEquals(seen.wakes, 1);
  await delay(120); // it falls asleep again
  stand(150);
  const passed = clock.now() - before;
  assert(passed >= 150, `${passed} ms`);
});

Deno.test("clock: a deadline that is set during a sleep is not cut short by the time slept", async () => {
  const { clock, seen } = observedClock();
  using _ = clock;
  await seen.asleep;
  stand(300);
  const setAt = performance.now();
  const deadline = new Deadline();
  clock.wheel.set(deadline, 200);
  await deadline.expired.promise;
  assert(performance.now() - setAt >= 200);
});

Deno.test("clock: it approaches a deadline in few ticks, and keeps it", async () => {
  const { clock, seen } = observedClock();
  using _ = clock;
  const startedAt = performance.now();
  const deadline = new Deadline();
  clock.wheel.set(deadline, 1_000);
  await deadline.expired.promise;
  assert(performance.now() - startedAt >= 1_000);
  assert(seen.ticks < 15, `${seen.ticks} ticks instead of 20`); // 8, or some more if the machine pauses
});

Deno.test("clock: if this process stops during a sleep, no deadline expires by that", async () => {
  const { clock, seen } = observedClock();
  using _ = clock;
  const deadline = new Deadline();
  clock.wheel.set(deadline, 700);
  await seen.asleep;
  stand(1_500);
  await assertAnsweredFirst(deadline);
});

Deno.test("clock: it goes on ticking while somebody else needs it", async () => {
  let needed = true;
  const { clock, seen } = observedClock({ staysAwake: () => needed });
  using _ = clock;
  let isAsleep = false;
  const asleep = seen.asleep.then(() => isAsleep = true);
  while (seen.ticks < 5) await delay(5);
  assertEquals(isAsleep, false);
  needed = false;
  await asleep;
});
