import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { scaleWeights } from "../../lib/discovery/srv_weights.ts";

for (
  const [weights, scaled] of [
    [[1], [1]],
    [[100, 50, 1], [100, 50, 1]],
    [[0, 0, 0], [1, 1, 1]],
    [[0], [1]],
    [[65535, 65535], [1, 1]],
    [[60000, 40000], [3, 2]],
    [[200, 100], [2, 1]],
    [[65535, 1], [100, 1]],
    [[1, 0], [100, 1]],
    [[60, 40, 0], [99, 66, 1]],
    [[65535, 0, 65535], [100, 1, 100]],
    [[300, 200, 100], [3, 2, 1]],
    [[1000, 995], [1, 1]],
  ] as const
) {
  Deno.test(`SRV weights: ${weights} become ${scaled}`, () => {
    assertEquals([...scaleWeights(weights)], [...scaled]);
  });
}

Deno.test("SRV weights: shares are near what they were, from 1 to 100, in the same order", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 65535 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(weights, (weights) => {
      const scaled = scaleWeights(weights);
      const [largest, most] = [Math.max(...weights), Math.max(...scaled)];
      for (const [index, weight] of weights.entries()) {
        const share = scaled[index]!;
        assert(Number.isInteger(share) && share >= 1 && share <= 100);
        // A hundredth of the largest is the least that can be said.
        const error = Math.abs(share / most - weight / largest);
        assert(error <= 0.01, `${weight}/${largest} became ${share}/${most}`);
      }
    }),
    { seed: 20261122 },
  );
});
