import { assertEquals, assertStrictEquals } from "@std/assert";
import { Backend, type Mode } from "../../lib/backends/backend.ts";
import { IN_USE, type Standing } from "../../lib/health/ejection.ts";
import {
  type Candidates,
  computeCandidates,
  findRetryCandidates,
} from "../../lib/pool/candidates.ts";
import { backendsOf, equal, nameOf, triedOf } from "../support/fakes.ts";

const SLOW_START = 10_000;

/**
 * What a backend's health is: `u`sable, `e`jected, on `t`rial, `d`own by probes, or ejected and `x` down. A
 * capital says that it is known to be unreachable.
 */
function backendsIn(health: string, weights = equal(health.length)): Backend[] {
  const backends = backendsOf(weights);
  [...health].forEach((letter, index) => {
    const backend = backends[index]!;
    const phase = ({ e: "out", x: "out", t: "trial" } as const)[letter.toLowerCase()] ?? "in";
    const up = !"dx".includes(letter.toLowerCase());
    const unreachableSince = letter < "a" ? 0 : Infinity;
    backend.state = {
      ...backend.state,
      standing: { ...IN_USE, phase, unreachableSince },
      probed: { ...backend.probed, up },
    };
  });
  return backends;
}

const compute = (backends: readonly Backend[]) => computeCandidates(backends, SLOW_START);
const names = (backends: readonly Backend[]) => backends.map(nameOf).join("");
const show = ({ pickable, inPanic, ejected }: Candidates) =>
  [names(pickable), inPanic ? "panic" : "calm", names(ejected)].join(" ").trim();

for (
  const [health, expected] of [
    ["uuu", "abc calm"],
    ["ueu", "ac calm b"],
    ["utu", "ac calm b"],
    ["udu", "ac calm"],
    ["uxu", "ac calm"],
    ["eeu", "c calm ab"],
    ["eee", "abc panic abc"],
    ["etd", "abc panic ab"],
    ["ddd", "abc panic"],
    ["uUu", "ac calm"],
    ["UUU", "abc calm"],
    ["UeU", "ac calm b"],
    ["eUe", "b calm ac"],
    ["EeE", "b panic b"],
    ["EdX", "b panic"],
    ["EEE", "abc panic"],
    ["", "panic"],
  ] as const
) {
  Deno.test(`candidates: for the health "${health}" they are: ${expected}`, () => {
    assertEquals(show(compute(backendsIn(health))), expected);
  });
}

Deno.test("candidates: in panic first attempts are picked from the pool's own list", () => {
  const backends = backendsIn("ee");
  assertStrictEquals(compute(backends).pickable, backends);
});

Deno.test("candidates: slow start ends when it does for the usable backend that was reinstated last", () => {
  const since = (...times: number[]) => {
    const backends = backendsIn("u".repeat(times.length));
    times.forEach((since, index) => {
      const standing: Standing = { ...IN_USE, since };
      backends[index]!.state = { ...backends[index]!.state, standing };
    });
    return backends;
  };
  assertEquals(compute(since(-Infinity, -Infinity)).slowStartEnd, -Infinity);
  assertEquals(compute(since(5_000, 7_000, -Infinity)).slowStartEnd, 17_000);
  assertEquals(compute(backendsIn("ee")).slowStartEnd, -Infinity);
});

for (
  const [health, tried, expected] of [
    ["uuu", "b", "ac"],
    ["uue", "b", "a"],
    ["uue", "ab", "c"],
    ["ued", "a", "bc"],
    ["eee", "a", "bc"],
    ["uuu", "abc", ""],
    ["uUu", "a", "c"],
    ["uUu", "ac", "b"],
    ["uUe", "a", "b"],
    ["uUe", "ab", "c"],
    ["eED", "a", "bc"],
    ["EeE", "a", "b"],
  ] as const
) {
  Deno.test(`candidates: for the health "${health}" a retry after ${tried} has: "${expected}"`, () => {
    const backends = backendsIn(health);
    const attempts = triedOf(...backends.filter((backend) => tried.includes(nameOf(backend)!)));
    assertEquals(names(findRetryCandidates(backends, attempts)), expected);
  });
}

Deno.test("candidates: after three attempts at backends known to be unreachable a retry has only others", () => {
  const backends = backendsIn("UUUUUUe");
  const attempts = (lastResorts: number, others: number) =>
    triedOf(...backends.slice(0, lastResorts + others)).map((attempt, index) => (
      { ...attempt, lastResort: index < lastResorts }
    ));
  const after = (lastResorts: number, others: number) =>
    names(findRetryCandidates(backends, attempts(lastResorts, others)));
  assertEquals(after(2, 0), "cdef");
  assertEquals(after(2, 3), "f", "what was found out by the request itself does not count");
  assertEquals(after(3, 0), "g");
});

/** The same with backups: `*` behind a letter; and with weights of 0: `0` behind a letter. */
function backendsWith(health: string): Backend[] {
  const letters = health.match(/[a-zA-Z][*0]?/g)!;
  const plain = backendsIn(letters.map(([letter]) => letter).join(""));
  return plain.map((backend, index) => {
    const sign = letters[index]![1];
    const changed = new Backend({
      url: backend.url,
      weight: sign === "0" ? 0 : 1,
      backup: sign === "*",
    });
    changed.state = backend.state;
    return changed;
  });
}

for (
  const [health, expected] of [
    ["uu*", "a calm"],
    ["eu*", "b calm a"],
    ["du*", "b calm"],
    ["Uu*", "b calm"], // a backend that cannot be reached is of no use
    ["uu*u*", "a calm"],
    ["ee*u*", "c calm ab"],
    ["ee*", "a panic ab"],
    ["uu0", "a calm"],
    ["eu0", "a panic a"],
    ["du0u*", "c calm"],
    ["u0u0", "panic"],
  ] as const
) {
  Deno.test(`candidates: with backups (*) and weights of 0, for the health "${health}" they are: ${expected}`, () => {
    assertEquals(show(compute(backendsWith(health))), expected);
  });
}

Deno.test("candidates: a retry asks a backup once all others were tried, and never a backend of weight 0", () => {
  const backends = backendsWith("uuu*u0");
  const after = (...tried: number[]) =>
    names(findRetryCandidates(backends, triedOf(...tried.map((index) => backends[index]!))));
  assertEquals([after(0), after(0, 1), after(0, 1, 2)], ["b", "c", ""]);
});

/** The backends `abc`, some of them drained by hand or removed. */
function backendsInMode(modes: readonly Mode[], health: string): Backend[] {
  const backends = backendsIn(health);
  modes.forEach((mode, index) => backends[index]!.mode = mode);
  return backends;
}

for (
  const [modes, health, first, retry] of [
    [["ready", "draining", "ready"], "uuu", "ac calm", "c"],
    [["ready", "draining", "ready"], "eue", "ac panic ac", "c"],
    [["draining", "draining", "draining"], "uuu", "panic", ""],
    [["ready", "removed", "ready"], "uuu", "ac calm", "c"],
    [["ready", "removed", "ready"], "eue", "ac panic ac", "c"],
    [["ready", "removed", "draining"], "uuu", "a calm", "b"],
    [["removed", "removed", "removed"], "uuu", "abc panic", "bc"],
  ] as const
) {
  Deno.test(`candidates: for the health "${health}" of backends that are ${modes.join(", ")} they are: ${first}; for a retry after a: "${retry}"`, () => {
    const backends = backendsInMode(modes, health);
    assertEquals(show(compute(backends)), first);
    assertEquals(names(findRetryCandidates(backends, triedOf(backends[0]!))), retry);
  });
}
