import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Fault,
  findNextStart,
  isFailing,
  type Period,
  readPeriod,
} from "../../../lib/simulate/scenario/fault_schedule.ts";
import { unwrap } from "../../support/simulated.ts";

function read(fault: Fault, text: string): Period {
  return unwrap(readPeriod(fault, text));
}

Deno.test("fault schedule: a period is read with its turns and its factor", () => {
  const all = { fault: "hangs", from: 10_000, to: 20_000, turn: Infinity, factor: 1 } as const;
  assertEquals(read("hangs", "10s-20s"), all);
  assertEquals(read("hangs", "10s-20s/500ms"), { ...all, turn: 500 });
  assertEquals(read("slow", "10s-20s*5"), { ...all, fault: "slow", factor: 5 });
  assertEquals(read("slow", "10s-20s/2s*1.5"), {
    ...all,
    fault: "slow",
    turn: 2_000,
    factor: 1.5,
  });
});

const PERIOD = "must have a period after refuses= such as 10s-20s, or 10s-40s/2s for turns of 2s";
const ORDER = "must have a period after refuses= that ends later than it begins";
const FACTOR = "must have a factor of 1 to 1000 after slow=, such as 10s-20s*5";

for (
  const [fault, text, expected] of [
    ["refuses", "", PERIOD],
    ["refuses", "10s", PERIOD],
    ["refuses", "10s-", PERIOD],
    ["refuses", "10s-20", PERIOD],
    ["refuses", "10s-20s/", PERIOD],
    ["refuses", "10s-20s/0ms", PERIOD],
    ["refuses", "20s-10s", ORDER],
    ["refuses", "10s-10s", ORDER],
    ["refuses", "10s-20s*5", "must have no factor after refuses="],
    ["slow", "10s-20s", FACTOR],
    ["slow", "10s-20s*0.5", FACTOR],
    ["slow", "10s-20s*", FACTOR],
  ] as const
) {
  Deno.test(`fault schedule: ${fault}=${text} is refused`, () => {
    assertEquals(readPeriod(fault, text), expected);
  });
}

Deno.test("fault schedule: a backend fails from the beginning of a period until just before its end", () => {
  const whole = read("breaks", "10s-20s");
  assertEquals([9_999, 10_000, 19_999, 20_000].map((at) => isFailing(whole, at)), [
    false,
    true,
    true,
    false,
  ]);
});

Deno.test("fault schedule: with turns, a backend fails for one, is well for the next, and is well after the end", () => {
  const flap = read("refuses", "10s-15s/2s");
  const times = [9_999, 10_000, 11_999, 12_000, 13_999, 14_000, 14_999, 15_000];
  assertEquals(times.map((at) => isFailing(flap, at)), [
    false,
    true,
    true,
    false,
    false,
    true,
    true,
    false,
  ]);
  assertEquals([0, 9_999, 10_000, 13_999, 14_000].map((at) => findNextStart(flap, at)), [
    10_000,
    10_000,
    14_000,
    14_000,
    Infinity,
  ]);
});

Deno.test("fault schedule: findNextStart finds each time at which the backend begins to fail, and no other", () => {
  const flap = fc.record({ from: fc.nat(50), length: fc.integer({ min: 1, max: 100 }) });
  const turn = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(Infinity));
  fc.assert(fc.property(flap, turn, ({ from, length }, turn) => {
    const period: Period = { fault: "refuses", from, to: from + length, turn, factor: 1 };
    const expected: number[] = [];
    for (let at = 0; at < 200; at++) {
      if (isFailing(period, at) && !(at > 0 && isFailing(period, at - 1))) expected.push(at);
    }
    const found: number[] = [];
    for (let at = findNextStart(period, -1); at < Infinity; at = findNextStart(period, at)) {
      found.push(at);
    }
    assertEquals(found, expected);
  }));
});
