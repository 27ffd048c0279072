import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Counter } from "../../lib/pool/counter.ts";
import { countsOf, spreadOf } from "../support/fakes.ts";

/** A counter whose next turn is this one. */
function counterAt(turn: number): Counter {
  const cell = new Uint32Array(new SharedArrayBuffer(4));
  cell[0] = turn;
  return new Counter(cell);
}

/** Which of `n` backends the next turns pick. */
function picks(counter: Counter, n: number, turns: number): number[] {
  return Array.from({ length: turns }, () => counter.next(n) % n);
}

const BACKENDS = fc.integer({ min: 1, max: 50 });
const TURNS = fc.integer({ min: 0, max: 500 });

Deno.test("Counter: the first turn is 0", () => {
  assertEquals(new Counter().next(3), 0);
});

Deno.test("Counter: turns count up by one", () => {
  const counter = new Counter();
  assertEquals(Array.from({ length: 4 }, () => counter.next(3)), [0, 1, 2, 3]);
});

Deno.test("Counter: over any number of turns the picks of any two backends differ by at most one", () => {
  fc.assert(fc.property(BACKENDS, TURNS, (n, turns) => {
    assert(spreadOf(countsOf(picks(new Counter(), n, turns)), n) <= 1);
  }));
});

Deno.test("Counter: across the wrap at 2^32 the picks of any two backends differ by at most one, too", () => {
  fc.assert(fc.property(BACKENDS, TURNS, (n, turns) => {
    assert(spreadOf(countsOf(picks(counterAt(0xFFFFFFFE), n, turns)), n) <= 1);
  }));
});

Deno.test("Counter: each turn picks the backend after the last one, from any count on", () => {
  const start = fc.oneof(fc.constant(0), fc.integer({ min: 2 ** 32 - 120, max: 2 ** 32 - 1 }));
  fc.assert(fc.property(start, BACKENDS, (turn, n) => {
    const expected = Array.from({ length: 200 }, (_, step) => (turn + step) % n);
    assertEquals(picks(counterAt(turn), n, 200), expected);
  }));
});

Deno.test("Counter: three backends keep their rotation across the wrap at 2^32", () => {
  // 0xFFFFFFFE is 2 modulo 3, so 2 comes first and 0 follows.
  assertEquals(picks(counterAt(0xFFFFFFFE), 3, 8), [2, 0, 1, 2, 0, 1, 2, 0]);
});

Deno.test("Counter: a turn is always an unsigned 32-bit number", () => {
  const counter = counterAt(0xFFFFFFFD);
  const turns = Array.from({ length: 5 }, () => counter.next(7));
  assertEquals(turns.slice(0, 3), [0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF]);
  for (const turn of turns) assert(Number.isInteger(turn) && turn >= 0 && turn < 2 ** 32);
});

Deno.test("Counter: upcoming is the next turn, and does not take it", () => {
  const counter = counterAt(41);
  assertEquals([counter.upcoming, counter.upcoming, counter.next(3)], [41, 41, 41]);
  assertEquals(counter.upcoming, 42);
});

Deno.test("Counter: upcoming is the next turn across the wrap, too", () => {
  const counter = counterAt(0xFFFFFFFF);
  counter.next(3);
  assertEquals([counter.upcoming, counter.upcoming % 3], [counter.next(3), 1]);
});

Deno.test("Counter: two counters on one cell take turns from the same count", () => {
  const cell = new Uint32Array(new SharedArrayBuffer(4));
  const [one, other] = [new Counter(cell), new Counter(cell)];
  assertEquals([one.next(3), other.next(3), one.next(3)], [0, 1, 2]);
});
