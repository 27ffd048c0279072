import { assertEquals } from "@std/assert";
import { announce, NOTHING_ANNOUNCED } from "../../lib/health/announcements.ts";
import { type HealthEvent, IN_USE, transition } from "../../lib/health/ejection.ts";

const RULES = { after: 3, time: 10_000 };

/** Each event has a letter; the failures have one as their reason. */
const EVENTS: Record<string, HealthEvent> = {
  a: { kind: "answered", inPanic: false },
  c: { kind: "completed" },
  f: { kind: "failed", unreachable: false, reason: "f" },
  m: { kind: "failed", unreachable: false, reason: "m", atEjectMax: true },
  u: { kind: "failed", unreachable: true, reason: "u" },
  k: { kind: "connected" },
  i: { kind: "inconclusive" },
  t: { kind: "trial started", worker: 0 },
};

/** What is announced for each of the events, which come a second apart; a space is a minute without any. */
function announcements(events: string): string {
  let [standing, announced, now] = [IN_USE, NOTHING_ANNOUNCED, 0];
  const kinds: string[] = [];
  for (const letter of events) {
    now += letter === " " ? 60_000 : 1_000;
    const event = EVENTS[letter];
    if (event === undefined) continue;
    const before = standing;
    standing = transition(before, event, now, RULES);
    if (standing === before) continue;
    const change = { event, before, after: standing, now };
    const result = announce("a:5000", change, announced, RULES.after);
    announced = result.announced;
    if (result.event !== undefined) kinds.push(result.event.kind);
  }
  return kinds.join(", ");
}

for (
  const [events, expected] of [
    ["f", "fails"],
    ["fc", "fails, answers"],
    ["fcfc", "fails, answers"],
    ["fc fc", "fails, answers, fails, answers"],
    ["ffc", "fails, answers"],
    ["fff", "fails, ejected"],
    ["fffta", "fails, ejected, reinstated"],
    ["ffftac", "fails, ejected, reinstated"],
    ["ffftf", "fails, ejected, ejected"],
    ["fffti", "fails, ejected"],
    ["ukc", "fails, answers"],
    ["uuuuuu", "fails, ejected"],
    ["uuukta", "fails, ejected, reinstated"],
    ["fffuu", "fails, ejected"],
    ["mmm", "fails, kept in use"],
    ["mmmmmm", "fails, kept in use"],
    ["mmmc", "fails, kept in use, answers"],
    ["mmmcmmm", "fails, kept in use, answers"],
    ["mmmcmmmcmmm", "fails, kept in use, answers"],
    ["mmmc mmm", "fails, kept in use, answers, fails, kept in use"],
    ["mmmcmmm m", "fails, kept in use, answers, kept in use"],
    ["mmm m m", "fails, kept in use"],
    ["mmmf", "fails, kept in use, ejected"],
    ["mmmftammm", "fails, kept in use, ejected, reinstated"],
  ] as const
) {
  Deno.test(`announcements: after the events "${events}" they are: ${expected}`, () => {
    assertEquals(announcements(events), expected);
  });
}

Deno.test("announcements: the ejection of a backend that cannot be connected to has no length", () => {
  const before = { ...IN_USE, failures: 2 };
  const event = EVENTS["u"]!;
  const change = { event, before, after: transition(before, event, 500, RULES), now: 500 };
  const announced = announce("a:5000", change, NOTHING_ANNOUNCED, RULES.after).event;
  assertEquals(announced?.kind === "ejected" && announced.milliseconds, undefined);
});

Deno.test("announcements: an ejection has its reason, its failures and its length", () => {
  const before = { ...IN_USE, failures: 2 };
  const event = EVENTS["f"]!;
  const change = { event, before, after: transition(before, event, 500, RULES), now: 500 };
  assertEquals(announce("a:5000", change, NOTHING_ANNOUNCED, RULES.after).event, {
    kind: "ejected",
    backend: "a:5000",
    reason: "f",
    failures: 3,
    milliseconds: 10_000,
  });
});
