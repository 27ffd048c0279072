import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import {
  type HealthEvent,
  IN_USE,
  isTrialDue,
  MAX_EJECTION_MS,
  slowStartShare,
  type Standing,
  transition,
} from "../../lib/health/ejection.ts";

const RULES = { after: 5, time: 10_000 };

/** What happens, by a letter each. */
const EVENTS: Record<string, HealthEvent> = {
  a: { kind: "answered", inPanic: false },
  p: { kind: "answered", inPanic: true },
  c: { kind: "completed" },
  f: { kind: "failed", unreachable: false },
  u: { kind: "failed", unreachable: true },
  s: { kind: "failed", unreachable: false, spared: true },
  n: { kind: "nothing learnt" },
  t: { kind: "tried", worker: 1 },
  x: { kind: "abandoned", worker: 1 },
  y: { kind: "abandoned", worker: 2 },
  r: { kind: "recovered" },
  d: { kind: "due" },
};

/** A standing after events at one time, from a beginning. */
function after(events: string, now = 0, from: Standing = IN_USE): Standing {
  return [...events].reduce((standing, letter) => {
    return transition(standing, EVENTS[letter]!, now, RULES);
  }, from);
}

const short = ({ phase, failures, ejectionMultiplier, retryAt }: Standing) =>
  `${phase} ${failures} ${ejectionMultiplier} ${retryAt}`;

for (
  const [events, expected] of [
    ["", "in 0 0 Infinity"],
    ["ffff", "in 4 0 Infinity"],
    ["fffff", "out 5 1 10000"],
    ["uuuuu", "out 5 1 10000"],
    ["fufuf", "out 5 1 10000"],
    ["ffffcffff", "in 4 0 Infinity"],
    ["ffffaf", "out 5 1 10000"], // an answer that has only begun is none yet
    ["ffffnf", "out 5 1 10000"],
    ["sssssss", "in 7 0 Infinity"],
    ["sssssssf", "out 8 1 10000"],
    ["sssssssu", "out 8 1 10000"],
    ["fffffffff", "out 5 1 10000"], // what was under way before changes nothing
    ["fffffac", "out 5 1 10000"],
    ["fffffp", "in 0 1 Infinity"],
    ["fffffr", "in 0 1 Infinity"],
    ["ffr", "in 0 0 Infinity"],
    ["ffffft", "trial 5 1 300000"],
    ["ffffftc", "trial 5 1 300000"],
    ["ffffftn", "out 5 1 0"],
    ["ffffftx", "out 5 1 0"],
    ["ffffftxtx", "out 5 1 0"],
    ["fffffty", "trial 5 1 300000"],
    ["fffffx", "out 5 1 10000"],
    ["ffx", "in 2 0 Infinity"],
    ["fffffta", "in 0 1 Infinity"],
    ["ffffftf", "out 6 2 20000"],
    ["fffffts", "out 6 2 20000"],
    ["ffffftftu", "out 7 3 30000"],
    ["fffffn", "out 5 1 10000"],
    ["fffffd", "out 5 1 0"],
    ["ffffftd", "trial 5 1 300000"],
    ["fd", "in 1 0 Infinity"],
  ] as const
) {
  Deno.test(`ejection: after "${events}" it is ${expected}`, () => {
    assertEquals(short(after(events)), expected);
  });
}

Deno.test("ejection: what changes nothing gives the same object, so that nobody is told of it", () => {
  for (const [before, event] of [["", "a"], ["", "c"], ["", "n"], ["fffff", "f"], ["fffff", "n"]]) {
    const standing = after(before!);
    assertStrictEquals(transition(standing, EVENTS[event!]!, 1, RULES), standing);
  }
});

Deno.test("ejection: whether it was unreachable is remembered, by its last failure", () => {
  assertEquals(after("ffffu").unreachable, true);
  assertEquals(after("uuuuf").unreachable, false);
  assertEquals(after("uuuuutf").unreachable, false);
});

Deno.test("ejection: a trial is due once the time is over, and another some day after one that nobody hears of", () => {
  const out = after("fffff", 1_000);
  assertEquals([isTrialDue(out, 10_999), isTrialDue(out, 11_000)], [false, true]);
  const trial = transition(out, EVENTS["t"]!, 12_000, RULES);
  assertEquals([isTrialDue(trial, 311_999), isTrialDue(trial, 312_000)], [false, true]);
  assertEquals(isTrialDue(IN_USE, Infinity), false);
});

Deno.test("ejection: each in a row lasts longer, up to five minutes", () => {
  let standing = after("fffff");
  const lasted = [standing.retryAt];
  for (let i = 0; i < 40; i++) {
    const now = standing.retryAt;
    standing = after("tu", now, standing);
    lasted.push(standing.retryAt - now);
  }
  assertEquals(lasted.slice(0, 4), [10_000, 20_000, 30_000, 40_000]);
  assertEquals([lasted[28], lasted[29], lasted[40]], [290_000, MAX_EJECTION_MS, MAX_EJECTION_MS]);
});

Deno.test("ejection: time in use makes the next one shorter again", () => {
  const back = after("ta", 100_000, after("tu", 20_000, after("fffff"))); // ejected twice
  assertEquals(back.ejectionMultiplier, 2);
  const again = (now: number) => after("fffff", now, back).ejectionMultiplier;
  assertEquals([again(100_000), again(109_999), again(110_000), again(120_000), again(900_000)], [
    3,
    3,
    2,
    1,
    1,
  ]);
});

Deno.test("ejection: a backend that keeps failing is tried less and less, and one that is back is found", () => {
  const anyEvents = fc.array(fc.constantFrom(...Object.keys(EVENTS)), { maxLength: 60 });
  fc.assert(
    fc.property(anyEvents, fc.array(fc.nat(30_000), { minLength: 60 }), (events, pauses) => {
      let standing = IN_USE, now = 0;
      events.forEach((event, index) => {
        now += pauses[index]!;
        if (event === "t" && !isTrialDue(standing, now)) return;
        const before = standing;
        standing = transition(standing, EVENTS[event]!, now, RULES);
        if (standing.phase === "out" && standing !== before) {
          assert(standing.retryAt - now <= MAX_EJECTION_MS);
        }
        if (standing.phase === "in" && before.phase === "in" && event !== "s") {
          assert(standing.failures < RULES.after || event !== "f" && event !== "u");
        }
      });
      if (standing.phase === "in") return;
      now = Math.max(now, standing.retryAt);
      assert(isTrialDue(standing, now));
      assertEquals(after("ta", now, standing).phase, "in");
    }),
  );
});

Deno.test("ejection: EJECT_AFTER=off ejects nothing, by whatever failures", () => {
  const rules = { after: Infinity, time: 10_000 };
  let standing = IN_USE;
  for (let i = 0; i < 1000; i++) standing = transition(standing, EVENTS["u"]!, i, rules);
  assertEquals([standing.phase, standing.failures], ["in", 1000]);
});

Deno.test("ejection: slow start gives a share that grows from nothing to all", () => {
  const back = after("ta", 20_000, after("fffff"));
  const shares = [20_000, 21_000, 25_000, 29_999, 30_000, 99_000]
    .map((now) => slowStartShare(back, now, 10_000));
  assertEquals(shares, [0, 0.1, 0.5, 0.9999, 1, 1]);
  assertEquals(slowStartShare(back, 20_000, 0), 1);
  assertEquals(slowStartShare(IN_USE, 0, 10_000), 1);
});
