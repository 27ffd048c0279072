import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { TICK_MS, Timed, Wheel } from "../../lib/time/timer_wheel.ts";

/** So long a wheel takes to come round. */
const ROUND = 1024 * TICK_MS;

/** Takes note of its expiry, and does something then. */
class Noting extends Timed {
  times = 0;
  readonly #onExpire: () => void;

  constructor(onExpire = () => {}) {
    super();
    this.#onExpire = onExpire;
  }

  override expire(): void {
    this.times++;
    this.#onExpire();
  }
}

/** Turns the wheel once a tick, from its last turn up to a time. */
function turnTo(wheel: Wheel, time: number): void {
  while (wheel.now + TICK_MS <= time) wheel.turn(wheel.now + TICK_MS);
  wheel.turn(time);
}

/** When it expires if the wheel turns once a tick; Infinity where it does not until then. */
function expiryOf(wheel: Wheel, timed: Noting, until: number): number {
  const before = timed.times;
  while (timed.times === before && wheel.now < until) wheel.turn(wheel.now + TICK_MS);
  return timed.times === before ? Infinity : wheel.now;
}

for (const wait of [0, 1, 13, 14, 49, 50, 51, 100, 999, 1000, ROUND, 60_000, 3_600_000]) {
  Deno.test(`wheel: ${wait} ms are never cut short, and at most two ticks late`, () => {
    for (const phase of [0, 0.25, 1, 25, 37, 49, 49.9]) { // of the turns against the ticks
      const start = 100 * TICK_MS + phase;
      const wheel = new Wheel(start);
      const timed = new Noting();
      wheel.set(timed, wait);
      const { deadline } = timed;
      const expiry = expiryOf(wheel, timed, start + wait + 10 * TICK_MS);
      // It may have been set up to one tick after the last turn.
      assert(deadline >= start + wait + TICK_MS && expiry >= deadline, `early: ${expiry - start}`);
      assert(expiry < deadline + 2 * TICK_MS, `late: ${expiry - start}`);
      if (phase === 0) assert(expiry <= start + wait + 2 * TICK_MS, `late: ${expiry - start}`);
      turnTo(wheel, wheel.now + 2 * ROUND);
      assertEquals([timed.times, timed.deadline, timed.due], [1, Infinity, Infinity]);
    }
  });
}

Deno.test("wheel: moving a deadline later moves nothing, and it expires at the later one", () => {
  const wheel = new Wheel(0);
  const [timed, neighbour] = [new Noting(), new Noting()];
  wheel.set(timed, 1_000);
  wheel.set(neighbour, 1_000);
  const { due, earlier, later } = timed;
  for (let wait = 1_000; wait < 5_000; wait += 500) wheel.set(timed, wait);
  assert(timed.due === due && timed.earlier === earlier && timed.later === later);
  assertEquals(expiryOf(wheel, timed, 10_000), 4_550);
  assertEquals(neighbour.times, 1);
});

Deno.test("wheel: a deadline moved with every request never expires until it is left alone", () => {
  const wheel = new Wheel(7);
  const timed = new Noting();
  for (let request = 0; request < 3_000; request++) {
    wheel.set(timed, 1_000);
    turnTo(wheel, wheel.now + 333);
  }
  assertEquals(timed.times, 0);
  const last = wheel.now - 333;
  const expiry = expiryOf(wheel, timed, Infinity);
  assert(expiry >= last + 1_000 && expiry < last + 1_000 + 3 * TICK_MS, `${expiry - last}`);
});

Deno.test("wheel: a deadline moved earlier expires at the earlier one, once", () => {
  const wheel = new Wheel(0);
  const timed = new Noting();
  wheel.set(timed, 30_000);
  wheel.set(timed, 200);
  assertEquals(expiryOf(wheel, timed, 60_000), 250);
  turnTo(wheel, 2 * ROUND);
  assertEquals(timed.times, 1);
});

Deno.test("wheel: a deadline of Infinity is none, and one after it counts", () => {
  const wheel = new Wheel(0);
  const timed = new Noting();
  wheel.set(timed, Infinity);
  assertEquals([timed.due, expiryOf(wheel, timed, 2 * ROUND)], [Infinity, Infinity]);
  wheel.set(timed, 0);
  assertEquals(expiryOf(wheel, timed, Infinity), 2 * ROUND + TICK_MS);
});

for (const how of ["clear", "remove"] as const) {
  Deno.test(`wheel: after ${how} nothing expires, and a new deadline counts`, () => {
    const wheel = new Wheel(0);
    const entries = [new Noting(), new Noting(), new Noting(), new Noting()];
    for (const timed of entries) wheel.set(timed, 500);
    for (const index of [1, 0, 3]) wheel[how](entries[index]!); // middle, last and first set
    wheel[how](entries[1]!); // once more does nothing
    turnTo(wheel, 2 * ROUND);
    assertEquals(entries.map(({ times }) => times), [0, 0, 1, 0]);
    assertEquals(entries.map(({ due }) => due), [Infinity, Infinity, Infinity, Infinity]);
    for (const timed of entries) wheel.set(timed, 500);
    turnTo(wheel, 3 * ROUND);
    assertEquals(entries.map(({ times }) => times), [1, 1, 2, 1]);
  });
}

Deno.test("wheel: what was removed holds on to nobody, what was cleared keeps its place", () => {
  const wheel = new Wheel(0);
  const entries = [new Noting(), new Noting(), new Noting()];
  for (const timed of entries) wheel.set(timed, 500);
  const [first, middle, last] = entries as [Noting, Noting, Noting];
  wheel.clear(first);
  assertEquals([first.deadline, first.due], [Infinity, 550]);
  wheel.remove(middle);
  assertEquals([middle.deadline, middle.due], [Infinity, Infinity]);
  assert(middle.earlier === undefined && middle.later === undefined);
  assert(last.later === first && first.earlier === last);
});

for (const act of ["set", "clear", "remove", "remove and set"] as const) {
  for (const other of [0, 1, 2, 3]) {
    Deno.test(`wheel: entry 1 of a slot may ${act} entry ${other} when it expires`, () => {
      const wheel = new Wheel(0);
      const log: number[] = [];
      let acted = false;
      const entries = [0, 1, 2, 3].map((index) =>
        new Noting(() => {
          log.push(index);
          if (acted || index !== 1) return;
          acted = true;
          const timed = entries[other]!;
          if (act.startsWith("remove")) wheel.remove(timed);
          if (act === "clear") wheel.clear(timed);
          if (act.endsWith("set")) wheel.set(timed, 100);
        })
      );
      for (const timed of entries) wheel.set(timed, 500);
      turnTo(wheel, 550);
      // The one set last stands first: 3 and 2 are through when 1 expires, 0 is not.
      assertEquals(log, other === 0 ? [3, 2, 1] : [3, 2, 1, 0]);
      turnTo(wheel, 2 * ROUND);
      assertEquals(log.length, act.endsWith("set") ? (other === 0 ? 4 : 5) : other === 0 ? 3 : 4);
      assert(entries.every(({ due, deadline }) => due === Infinity && deadline === Infinity));
    });
  }
}

Deno.test("wheel: one that sets itself again whenever it expires does so for ever", () => {
  const wheel = new Wheel(0);
  const timed = new Noting(() => wheel.set(timed, 100));
  wheel.set(timed, 100);
  turnTo(wheel, 150 * 1_000);
  assertEquals(timed.times, 1_000);
});

for (const still of [ROUND - TICK_MS, ROUND, ROUND + TICK_MS, ROUND + 2 * TICK_MS, 3_600_000]) {
  Deno.test(`wheel: after ${still} ms without a turn exactly what is due expires`, () => {
    const wheel = new Wheel(25);
    const entries = Array.from({ length: 1_500 }, () => new Noting());
    for (const [index, timed] of entries.entries()) wheel.set(timed, index * TICK_MS);
    wheel.turn(25 + still);
    for (const [index, { times }] of entries.entries()) {
      const past = still - (index + 1) * TICK_MS; // its deadline; within a tick it may wait
      if (past < 0 || past >= TICK_MS) assertEquals(times, past < 0 ? 0 : 1, `entry ${index}`);
    }
    turnTo(wheel, 25 + still + 2 * ROUND);
    assert(entries.every(({ times }) => times === 1));
  });
}

Deno.test("wheel: a turn without a tick in between expires nothing and loses nothing", () => {
  const wheel = new Wheel(0);
  const timed = new Noting();
  wheel.set(timed, 0);
  for (let now = 0; now < TICK_MS; now += 7) wheel.turn(now);
  assertEquals([timed.times, wheel.now], [0, 49]);
  wheel.turn(TICK_MS);
  assertEquals([timed.times, wheel.now], [1, 50]);
});

Deno.test("wheel: it says how long nothing has to be done", () => {
  const wheel = new Wheel(10);
  assertEquals(wheel.idleFor(2_000), 2_000);
  const timed = new Noting();
  wheel.set(timed, 400); // due in the slot of 500
  assertEquals(wheel.idleFor(2_000), 490);
  assertEquals(wheel.idleFor(300), 300);
  wheel.turn(500);
  assertEquals([timed.times, wheel.idleFor(2_000)], [1, 2_000]);
});

Deno.test("wheel: while it sleeps, whoever reads the time or sets a deadline moves the time on first", () => {
  for (const use of ["now", "set"] as const) {
    const wheel = new Wheel(0);
    const early = new Noting();
    wheel.set(early, 5_000);
    wheel.sleep(() => wheel.wake(930));
    const timed = new Noting();
    if (use === "now") assertEquals(wheel.now, 930);
    wheel.set(timed, 100);
    assertEquals(timed.deadline, 930 + 100 + TICK_MS);
    assertEquals(expiryOf(wheel, timed, 2_000), 1_130);
    assertEquals(expiryOf(wheel, early, 10_000), 5_080);
  }
});

const ENTRY = fc.nat(5);
const WAIT = fc.oneof(
  fc.integer({ min: 0, max: 500 }),
  fc.integer({ min: 0, max: 3 * ROUND }),
  fc.double({ min: 0, max: 300, noNaN: true }),
);
const CHANGE = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant("set" as const), ENTRY, WAIT) },
  fc.tuple(fc.constant("clear" as const), ENTRY, fc.constant(0)),
  fc.tuple(fc.constant("remove" as const), ENTRY, fc.constant(0)),
);
const TURN = fc.tuple(fc.constant("turn" as const), fc.constant(0), WAIT);
/** A sleep that is over before anything is due. @param wait its share of the time until then, in thousandths */
const SLEEP = fc.tuple(fc.constant("sleep" as const), fc.constant(0), fc.nat(999));
const START = fc.double({ min: 0, max: 2 * ROUND, noNaN: true });

Deno.test("wheel: whatever is done, also on expiry, it agrees with a list of deadlines", () => {
  const steps = fc.array(fc.oneof(CHANGE, TURN, SLEEP), { maxLength: 60 });
  const reactions = fc.array(fc.option(CHANGE, { nil: undefined }), { maxLength: 20 });
  fc.assert(
    fc.property(START, steps, reactions, (start, steps, reactions) => {
      const wheel = new Wheel(start);
      const deadlines: number[] = new Array(6).fill(Infinity);
      const change = ([what, index, wait]: typeof steps[number]) => {
        if (what === "turn" || what === "sleep") return;
        deadlines[index] = what === "set" ? wheel.now + wait + TICK_MS : Infinity;
        if (what === "set") wheel.set(entries[index]!, wait);
        else wheel[what](entries[index]!);
      };
      const waiting = [...reactions];
      const entries = deadlines.map((_, index) =>
        new Noting(() => {
          assert(deadlines[index]! <= wheel.now, "early, or not wanted any more");
          deadlines[index] = Infinity;
          const reaction = waiting.shift();
          if (reaction !== undefined) change(reaction);
        })
      );
      for (const step of steps) {
        if (step[0] === "turn") wheel.turn(wheel.now + step[2]);
        if (step[0] === "sleep") wheel.wake(wheel.now + wheel.idleFor(ROUND / 2) * step[2] / 1_000);
        change(step);
        const tick = Math.floor(wheel.now / TICK_MS);
        assert(deadlines.every((deadline) => Math.ceil(deadline / TICK_MS) > tick), "late");
        assertEquals(entries.map(({ deadline }) => deadline), deadlines);
      }
    }),
    { seed: 20261122, numRuns: 1_000 },
  );
});
