import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Fault,
  isOn,
  nextBeginning,
  type Period,
  readPeriod,
} from "../../../lib/simulate/scenario/fault_schedule.ts";
import { valueOf } from "../../support/simulated.ts";

function period(fault: Fault, text: string): Period {
  return valueOf(readPeriod(fault, text));
}

Deno.test("failures over time: a period is read with its turns and its factor", () => {
  const all = { fault: "hangs", from: 10_000, to: 20_000, turn: Infinity, factor: 1 } as const;
  assertEquals(period("hangs", "10s-20s"), all);
  assertEquals(period("hangs", "10s-20s/500ms"), { ...all, turn: 500 });
  assertEquals(period("slow", "10s-20s*5"), { ...all, fault: "slow", factor: 5 });
  assertEquals(period("slow", "10s-20s/2s*1.5"), {
    ...all,
    fault: "slow",
    turn: 2_000,
    factor: 1.5,
  });
});

const TIME =
  "must have a time such as 10s-20s, or 10s-40s/2s to fail for 2s by turns after refuses=";

for (
  const [fault, text, expected] of [
    ["refuses", "", TIME],
    ["refuses", "10s", TIME],
    ["refuses", "10s-", TIME],
    ["refuses", "10s-20", TIME],
    ["refuses", "10s-20s/", TIME],
    ["refuses", "10s-20s/0ms", TIME],
    ["refuses", "20s-10s", "must have a time after refuses= that ends after it begins"],
    ["refuses", "10s-10s", "must have a time after refuses= that ends after it begins"],
    ["refuses", "10s-20s*5", "must have no factor after refuses="],
    ["slow", "10s-20s", "must have a factor of 1 to 1000 after slow=, such as 10s-20s*5"],
    ["slow", "10s-20s*0.5", "must have a factor of 1 to 1000 after slow=, such as 10s-20s*5"],
    ["slow", "10s-20s*", "must have a factor of 1 to 1000 after slow=, such as 10s-20s*5"],
  ] as const
) {
  Deno.test(`failures over time: ${fault}=${text} is told as wrong`, () => {
    assertEquals(readPeriod(fault, text), expected);
  });
}

Deno.test("failures over time: a period is on from its beginning until before its end", () => {
  const whole = period("breaks", "10s-20s");
  assertEquals([9_999, 10_000, 19_999, 20_000].map((at) => isOn(whole, at)), [
    false,
    true,
    true,
    false,
  ]);
});

Deno.test("failures over time: a flap is on for a turn, off for a turn, and over at its end", () => {
  const flap = period("refuses", "10s-15s/2s");
  const times = [9_999, 10_000, 11_999, 12_000, 13_999, 14_000, 14_999, 15_000];
  assertEquals(times.map((at) => isOn(flap, at)), [
    false,
    true,
    true,
    false,
    false,
    true,
    true,
    false,
  ]);
  assertEquals([0, 9_999, 10_000, 13_999, 14_000].map((at) => nextBeginning(flap, at)), [
    10_000,
    10_000,
    14_000,
    14_000,
    Infinity,
  ]);
});

Deno.test("failures over time: it begins to be on nowhere but at a beginning", () => {
  const flap = fc.record({ from: fc.nat(50), length: fc.integer({ min: 1, max: 100 }) });
  const turn = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(Infinity));
  fc.assert(fc.property(flap, turn, ({ from, length }, turn) => {
    const period: Period = { fault: "refuses", from, to: from + length, turn, factor: 1 };
    const begun = [];
    for (let at = 0; at < 200; at++) {
      if (isOn(period, at) && !(at > 0 && isOn(period, at - 1))) begun.push(at);
    }
    const told = [];
    for (let at = nextBeginning(period, -1); at < Infinity; at = nextBeginning(period, at)) {
      told.push(at);
    }
    assertEquals(told, begun);
  }));
});
