import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Backend } from "../../lib/backends/backend.ts";
import { roundRobin } from "../../lib/policies/round_robin.ts";
import { backendsOf, contextOf, countsOf, equal, nameOf } from "../support/fakes.ts";

function picks(backends: readonly Backend[], turns: number, from = 0): Backend[] {
  return Array.from(
    { length: turns },
    (_, step) => roundRobin.pick(backends, contextOf({ turn: from + step })),
  );
}

const names = (weights: number[], turns: number) =>
  picks(backendsOf(weights), turns).map(nameOf).join(" ");

const WEIGHTS = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 12 });

Deno.test("round robin: the first request goes to the first backend", () => {
  assertEquals(names([1, 1, 1], 1), "a");
});

Deno.test("round robin: backends take turns in the order of the list", () => {
  assertEquals(names([1, 1, 1], 7), "a b c a b c a");
});

Deno.test("round robin: one backend gets every request", () => {
  assertEquals(names([7], 3), "a a a");
});

for (
  const [weights, expected] of [
    [[5, 1, 1], "a a b a c a a"],
    [[1, 2], "b a b"],
    [[3, 2], "a b a b a"],
    [[10, 2, 2], "a a b a c a a"],
    [[2, 4], "b a b"],
  ] as const
) {
  Deno.test(`round robin: the weights ${weights} interleave as ${expected}`, () => {
    const turns = expected.split(" ").length;
    assertEquals(names([...weights], 2 * turns), `${expected} ${expected}`);
    assertEquals(roundRobin.cycle(backendsOf(weights)), turns);
  });
}

Deno.test("round robin: over a cycle each backend gets exactly its share", () => {
  fc.assert(fc.property(WEIGHTS, fc.nat(10_000), (weights, from) => {
    const backends = backendsOf(weights);
    const cycle = roundRobin.cycle(backends);
    const counts = countsOf(picks(backends, cycle, from));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    for (const backend of backends) {
      assertEquals(counts.get(backend)! * sum, backend.weight * cycle);
    }
  }));
});

Deno.test("round robin: a common factor of all weights does not make the cycle longer", () => {
  fc.assert(fc.property(WEIGHTS, fc.integer({ min: 2, max: 5 }), (weights, factor) => {
    const plain = roundRobin.cycle(backendsOf(weights));
    assertEquals(roundRobin.cycle(backendsOf(weights.map((weight) => weight * factor))), plain);
  }));
});

Deno.test("round robin: with equal weights of any value backends take plain turns", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 100 }), (n, weight) => {
      const backends = backendsOf(equal(n).map(() => weight));
      assertEquals(roundRobin.cycle(backends), n);
      assertEquals(picks(backends, 2 * n), [...backends, ...backends]);
    }),
  );
});

Deno.test("round robin: no backend is ever a whole request ahead of its share", () => {
  fc.assert(fc.property(WEIGHTS, (weights) => {
    const backends = backendsOf(weights);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const counts = new Map<Backend, number>();
    picks(backends, roundRobin.cycle(backends)).forEach((backend, index) => {
      counts.set(backend, (counts.get(backend) ?? 0) + 1);
      const due = (backend.weight / sum) * (index + 1);
      assert(counts.get(backend)! - due < 1 + 1e-9, `${backend.id} at step ${index}`);
    });
  }));
});

Deno.test("round robin: a pick depends only on the turn", () => {
  const backends = backendsOf([5, 1, 1]);
  const forwards = picks(backends, 7).map(nameOf);
  const again = [6, 5, 4, 3, 2, 1, 0].map((turn) => nameOf(picks(backends, 1, turn)[0]));
  assertEquals(again, forwards.toReversed());
});
