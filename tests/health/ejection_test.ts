import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import {
  type HealthEvent,
  IN_USE,
  isTrialDue,
  isUnreachable,
  MAX_EJECTION_MS,
  slowStartShare,
  type Standing,
  transition,
} from "../../lib/health/ejection.ts";

const RULES = { after: 5, time: 10_000 };

/** Each event has a letter. */
const EVENTS: Record<string, HealthEvent> = {
  a: { kind: "answered", inPanic: false },
  p: { kind: "answered", inPanic: true },
  c: { kind: "completed" },
  f: { kind: "failed", unreachable: false, reason: "" },
  u: { kind: "failed", unreachable: true, reason: "" },
  s: { kind: "failed", unreachable: false, reason: "", atEjectMax: true },
  i: { kind: "inconclusive" },
  t: { kind: "trial started", worker: 1 },
  x: { kind: "worker died", worker: 1 },
  y: { kind: "worker died", worker: 2 },
  k: { kind: "connected" },
  r: { kind: "recovered" },
  d: { kind: "panic over" },
};

/** The standing after some events, all at the same time. */
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
    ["ffffaf", "out 5 1 10000"], // a response that has only begun is not complete
    ["ffffif", "out 5 1 10000"],
    ["sssssss", "in 7 0 Infinity"],
    ["sssssssf", "out 8 1 10000"],
    ["sssssssu", "out 8 1 10000"],
    ["fffffffff", "out 5 1 10000"], // attempts from before the ejection change nothing
    ["fffffac", "out 5 1 10000"],
    ["fffffp", "in 0 1 Infinity"],
    ["fffffr", "in 0 1 Infinity"],
    ["ffr", "in 0 0 Infinity"],
    ["ffffft", "trial 5 1 300000"],
    ["ffffftc", "trial 5 1 300000"],
    ["fffffti", "out 5 1 0"],
    ["ffffftx", "out 5 1 0"],
    ["ffffftxtx", "out 5 1 0"],
    ["fffffty", "trial 5 1 300000"],
    ["fffffx", "out 5 1 10000"],
    ["ffx", "in 2 0 Infinity"],
    ["fffffta", "in 0 1 Infinity"],
    ["ffffftf", "out 6 2 20000"],
    ["fffffts", "out 6 2 20000"],
    ["ffffftftu", "out 7 3 30000"],
    ["fffffi", "out 5 1 10000"],
    ["fffffd", "out 5 1 0"],
    ["ffffftd", "trial 5 1 300000"],
    ["fd", "in 1 0 Infinity"],
    ["uuuuuk", "out 5 1 0"],
    ["fffffk", "out 5 1 10000"],
    ["fffffuk", "out 5 1 10000"],
    ["uk", "in 1 0 Infinity"],
  ] as const
) {
  Deno.test(`ejection: after the events "${events}" the standing is ${expected}`, () => {
    assertEquals(short(after(events)), expected);
  });
}

Deno.test("ejection: an event that changes nothing returns the same object, so that nothing is written or announced", () => {
  for (
    const [before, event] of [
      ["", "a"],
      ["", "c"],
      ["", "i"],
      ["", "k"],
      ["fffff", "f"],
      ["fffff", "i"],
      ["fffff", "k"],
      ["uuuuu", "u"],
    ]
  ) {
    const standing = after(before!);
    assertStrictEquals(transition(standing, EVENTS[event!]!, 1, RULES), standing);
  }
});

Deno.test("ejection: the last failure decides whether an ejected backend counts as unreachable", () => {
  assertEquals(after("ffffu").ejectedAsUnreachable, true);
  assertEquals(after("uuuuf").ejectedAsUnreachable, false);
  assertEquals(after("uuuuutf").ejectedAsUnreachable, false);
});

Deno.test("ejection: a trial is due once the ejection is over, and another one five minutes after one that is never reported", () => {
  const out = after("fffff", 1_000);
  assertEquals([isTrialDue(out, 10_999), isTrialDue(out, 11_000)], [false, true]);
  const trial = transition(out, EVENTS["t"]!, 12_000, RULES);
  assertEquals([isTrialDue(trial, 311_999), isTrialDue(trial, 312_000)], [false, true]);
  assertEquals(isTrialDue(IN_USE, Infinity), false);
});

for (
  const [events, expected] of [
    ["", false],
    ["f", false],
    ["u", true],
    ["uf", true], // the attempt may have begun before
    ["ui", true],
    ["uc", true], // so may the response
    ["ua", false],
    ["uk", false],
    ["uku", true],
    ["ur", false],
    ["uuuuuu", true],
    ["uuuuud", true],
    ["uuuuuk", false],
    ["uuuuua", false],
    ["uuuuup", false],
    ["uuuuuktu", true],
    ["uuuuuktf", false],
    ["fffffu", true],
    ["fffffua", false],
  ] as const
) {
  Deno.test(`ejection: after the events "${events}" a backend is ${expected ? "" : "not "}known to be unreachable`, () => {
    const standing = after(events);
    assertEquals(isUnreachable(standing), expected);
    if (expected) assertEquals(isTrialDue(standing, Infinity), false, "a trial is known to fail");
  });
}

Deno.test("ejection: a backend is unreachable since the first of the attempts that did not reach it", () => {
  const standing = after("u", 2_000, after("u", 1_000));
  assertEquals(standing.unreachableSince, 1_000);
});

Deno.test("ejection: ejections in a row last 10 s, 20 s, 30 s, …, at most five minutes", () => {
  let standing = after("fffff");
  const lasted = [standing.retryAt];
  for (let i = 0; i < 40; i++) {
    const now = standing.retryAt;
    standing = after("tf", now, standing);
    lasted.push(standing.retryAt - now);
  }
  assertEquals(lasted.slice(0, 4), [10_000, 20_000, 30_000, 40_000]);
  assertEquals([lasted[28], lasted[29], lasted[40]], [290_000, MAX_EJECTION_MS, MAX_EJECTION_MS]);
});

Deno.test("ejection: each 10 s in use make the next ejection 10 s shorter, down to the first one", () => {
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

Deno.test("ejection: whatever happens, an ejection lasts at most five minutes, and a trial that is answered ends it", () => {
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
      standing = after("k", now, standing);
      if (standing.phase === "in") return;
      now = Math.max(now, standing.retryAt);
      assert(isTrialDue(standing, now));
      assertEquals(after("ta", now, standing).phase, "in");
    }),
  );
});

Deno.test("ejection: with EJECT_AFTER=off no number of failures ejects", () => {
  const rules = { after: Infinity, time: 10_000 };
  let standing = IN_USE;
  for (let i = 0; i < 1000; i++) standing = transition(standing, EVENTS["u"]!, i, rules);
  assertEquals([standing.phase, standing.failures], ["in", 1000]);
});

Deno.test("ejection: in slow start the share grows from 0 to 1", () => {
  const back = after("ta", 20_000, after("fffff"));
  const shares = [20_000, 21_000, 25_000, 29_999, 30_000, 99_000]
    .map((now) => slowStartShare(back, now, 10_000));
  assertEquals(shares, [0, 0.1, 0.5, 0.9999, 1, 1]);
  assertEquals(slowStartShare(back, 20_000, 0), 1);
  assertEquals(slowStartShare(IN_USE, 0, 10_000), 1);
});
