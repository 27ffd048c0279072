import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { Backend } from "../../lib/backends/backend.ts";
import { leastConnections } from "../../lib/policies/least_connections.ts";
import { backendsOf, contextOf, countsOf, equal, nameOf, putInFlight } from "../support/fakes.ts";
import { seeded } from "../support/random.ts";

function loaded(inFlight: readonly number[], weights = equal(inFlight.length)): Backend[] {
  const backends = backendsOf(weights);
  inFlight.forEach((count, index) => putInFlight(backends[index]!, count));
  return backends;
}

function picksOf(backends: readonly Backend[], picks: number, seed = 1): Backend[] {
  const random = seeded(seed);
  return Array.from(
    { length: picks },
    () => leastConnections.pick(backends, contextOf({ random })),
  );
}

Deno.test("least connections: of equal weights, a backend with the fewest in flight is picked", () => {
  const loads = fc.array(fc.nat(5), { minLength: 1, maxLength: 40 });
  fc.assert(fc.property(loads, fc.nat(), (loads, seed) => {
    const [picked] = picksOf(loaded(loads), 1, seed);
    assertEquals(picked!.inFlight, Math.min(...loads));
  }));
});

Deno.test("least connections: a backend with one more in flight does not tie, for any weight and number", () => {
  const weight = fc.integer({ min: 1, max: 100 });
  fc.assert(fc.property(weight, fc.nat(5_000), fc.nat(), (weight, inFlight, seed) => {
    const loads = [inFlight, inFlight + 1, inFlight + 1, inFlight + 1];
    const backends = loaded(loads, loads.map(() => weight));
    assertStrictEquals(picksOf(backends, 1, seed)[0], backends[0]);
  }));
  const backends = loaded([28, 29, 29, 29], [7, 7, 7, 7]); // 29 / 7 * 7 is more than 29
  assertEquals(countsOf(picksOf(backends, 1_000)).get(backends[0]!), 1_000);
});

Deno.test("least connections: the fewest are found wherever they are in the list", () => {
  for (const loads of [[5, 5, 5, 1, 1], [5, 1, 5, 1, 5], [1, 1, 5, 5, 5], [9, 7, 5, 3, 3]]) {
    const least = Math.min(...loads);
    const counts = countsOf(picksOf(loaded(loads), 4_000).map(({ inFlight }) => inFlight));
    assertEquals([...counts], [[least, 4_000]]);
  }
});

for (
  const [what, size, few] of [
    ["all have the fewest", 5, 5],
    ["half have the fewest", 10, 5],
    ["five of a thousand have the fewest, which random draws hardly find", 1_000, 5],
  ] as const
) {
  for (const least of [0, 3]) {
    Deno.test(`least connections: ties are broken evenly if ${what}: ${least} in flight`, () => {
      const stride = size / few;
      const backends = loaded(equal(size).map((_, index) => index % stride === 0 ? least : 9));
      const picks = 10_000;
      const counts = countsOf(picksOf(backends, picks));
      assertEquals(counts.size, few);
      // 2,000 of each, with a standard deviation of 40.
      for (const count of counts.values()) assert(Math.abs(count - picks / few) < 200, `${count}`);
    });
  }
}

Deno.test("least connections: ties are broken by weight, also if all backends have to be searched", () => {
  for (const others of [0, 500]) {
    const weights = [1, 2, 3, 4, ...equal(others)];
    const backends = loaded(weights.map((_, index) => index < 4 ? 0 : 9), weights);
    const counts = countsOf(picksOf(backends, 20_000));
    assertEquals(counts.size, 4);
    backends.slice(0, 4).forEach((backend) => {
      const due = 2_000 * backend.weight;
      assert(Math.abs(counts.get(backend)! - due) < 5 * Math.sqrt(due), `${counts.get(backend)}`);
    });
  }
});

Deno.test("least connections: a backend is not picked if another would have less load including the request", () => {
  const condition = fc.record({ inFlight: fc.nat(60), weight: fc.integer({ min: 1, max: 100 }) });
  const all = fc.array(condition, { minLength: 1, maxLength: 20 });
  fc.assert(fc.property(all, fc.nat(), (all, seed) => {
    const backends = loaded(all.map(({ inFlight }) => inFlight), all.map(({ weight }) => weight));
    const [picked] = picksOf(backends, 1, seed);
    for (const { inFlight, weight } of backends) {
      assert(picked!.inFlight * weight < (inFlight + 1) * picked!.weight);
    }
  }));
});

Deno.test("least connections: a heavy backend takes more before a light one gets its first", () => {
  const [heavy, light] = loaded([0, 0], [10, 1]);
  const order = [];
  for (let i = 0; i < 22; i++) {
    const [picked] = picksOf([heavy!, light!], 1, i);
    picked!.acquire();
    order.push(nameOf(picked));
  }
  assertEquals(heavy!.inFlight, 20, order.join(""));
  assertEquals(light!.inFlight, 2, order.join(""));
});

Deno.test("least connections: the only backend with the fewest of a thousand is picked", () => {
  const backends = loaded(equal(1_000).map((_, index) => index === 777 ? 4 : 5));
  assertStrictEquals(picksOf(backends, 1)[0], backends[777]);
});
