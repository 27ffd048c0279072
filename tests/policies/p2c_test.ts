import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { p2c } from "../../lib/policies/p2c.ts";
import { backendsOf, contextOf, countsOf, equal, putInFlight } from "../support/fakes.ts";
import { seeded } from "../support/random.ts";

Deno.test("p2c: the backend with the most in flight is never picked, as it is never drawn twice", () => {
  fc.assert(fc.property(fc.integer({ min: 2, max: 10 }), fc.nat(), fc.nat(9), (n, seed, place) => {
    const backends = backendsOf(equal(n));
    const busiest = backends[place % n]!;
    putInFlight(busiest, 1);
    const random = seeded(seed);
    for (let i = 0; i < 50; i++) assert(p2c.pick(backends, contextOf({ random })) !== busiest);
  }));
});

Deno.test("p2c: how often a backend is picked depends on its load, not on its place in the list", () => {
  const n = 6;
  const picks = 60_000;
  for (const loads of [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [0, 5, 1, 4, 2, 3]]) {
    const backends = backendsOf(equal(n));
    loads.forEach((load, index) => putInFlight(backends[index]!, load));
    const random = seeded(5);
    const counts = countsOf(
      Array.from({ length: picks }, () => p2c.pick(backends, contextOf({ random })).inFlight),
    );
    for (let rank = 0; rank < n; rank++) {
      // It wins the pairs with those that have more: n - 1 - rank of the n (n - 1) / 2 pairs.
      const due = picks * (n - 1 - rank) / (n * (n - 1) / 2);
      const count = counts.get(rank) ?? 0;
      assert(Math.abs(count - due) <= 5 * Math.sqrt(due), `rank ${rank}: ${count}, not ${due}`);
    }
  }
});

Deno.test("p2c: of two backends, the one with fewer in flight is always picked", () => {
  const [a, b] = backendsOf(equal(2));
  putInFlight(a!, 3);
  putInFlight(b!, 2);
  fc.assert(fc.property(fc.nat(), (seed) => {
    assertStrictEquals(p2c.pick([a!, b!], contextOf({ random: seeded(seed) })), b);
  }));
});

Deno.test("p2c: the busiest of many backends has far less than with random picks", () => {
  const busiest = (choices: "one" | "two") => {
    const backends = backendsOf(equal(100));
    const random = seeded(1);
    for (let i = 0; i < 1_000; i++) {
      const one = backends[Math.floor(random() * 100)]!;
      const picked = choices === "two" ? p2c.pick(backends, contextOf({ random })) : one;
      picked.acquire();
    }
    return Math.max(...backends.map(({ inFlight }) => inFlight));
  };
  // log log n against log n: with ten requests for each, 12 or 13 instead of some 20.
  assert(busiest("two") <= 13, `${busiest("two")}`);
  assert(busiest("one") >= 17, `${busiest("one")}`);
  assertEquals(busiest("two") < busiest("one"), true);
});
