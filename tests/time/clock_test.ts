import { assert, assertEquals } from "@std/assert";
import { startClock } from "../../lib/time/clock.ts";
import { TICK_MS, Timed } from "../../lib/time/timer_wheel.ts";

class Noting extends Timed {
  readonly expired = Promise.withResolvers<void>();
  override expire(): void {
    this.expired.resolve();
  }
}

Deno.test("clock: it goes as time does, in ticks", async () => {
  using clock = startClock();
  const [before, startedAt] = [clock.now(), performance.now()];
  const noting = new Noting();
  clock.wheel.set(noting, 300);
  await noting.expired.promise;
  const passed = performance.now() - startedAt;
  assert(passed >= 300, String(passed));
  assert(clock.now() - before <= passed + TICK_MS, "never ahead by more than a tick");
});

Deno.test("clock: while this process does nothing, nobody's time runs out", async () => {
  using clock = startClock();
  const noting = new Noting();
  clock.wheel.set(noting, 1_000);
  const startedAt = performance.now();
  while (performance.now() - startedAt < 1_500); // busy, as with too little of a processor
  const answered = new Promise((resolve) => setTimeout(() => resolve("answered"), 100));
  const expired = noting.expired.promise.then(() => "expired");
  assertEquals(await Promise.race([answered, expired]), "answered");
  await expired;
});

Deno.test("clock: read precisely it goes on between ticks, and never back, not even while the wheel turns", async () => {
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
    await new Promise((resolve) => setTimeout(resolve, 7));
  }
  await done.promise;
  const passed = performance.now() - startedAt;
  for (let i = 1; i < read.length; i++) assert(read[i]! >= read[i - 1]!, `${i}`);
  assert(read.at(-1)! - read[0]! <= passed + 1, "it is never ahead");
  assert(new Set(read).size > 50, "in small steps");
});
