import { assert, assertEquals } from "@std/assert";
import { random as policy } from "../../lib/policies/random.ts";
import { backendsOf, contextOf, countsOf, equal, nameOf } from "../support/fakes.ts";
import { seeded } from "../support/random.ts";

Deno.test("random: each backend is picked in proportion to its weight", () => {
  const backends = backendsOf([1, 2, 3, 4]);
  const random = seeded(7);
  const picks = 50_000;
  const counts = countsOf(
    Array.from({ length: picks }, () => policy.pick(backends, contextOf({ random }))),
  );
  // Chi-squared with 3 degrees of freedom: above 16.3 once in a thousand seeds.
  const chiSquared = backends.reduce((sum, backend) => {
    const due = picks * backend.weight / 10;
    return sum + (counts.get(backend)! - due) ** 2 / due;
  }, 0);
  assert(chiSquared < 16.3, `${chiSquared}`);
});

Deno.test("random: picks do not depend on each other", () => {
  const backends = backendsOf(equal(4));
  const random = seeded(8);
  const names = Array.from(
    { length: 64_000 },
    () => nameOf(policy.pick(backends, contextOf({ random }))),
  );
  const pairs = countsOf(names.slice(1).map((name, index) => `${names[index]}${name}`));
  assertEquals(pairs.size, 16);
  for (const [pair, count] of pairs) assert(Math.abs(count - 4_000) < 310, `${pair}: ${count}`);
});
