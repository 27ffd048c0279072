import { assertAlmostEquals } from "@std/assert";
import { computeNormalQuantile } from "../../../lib/simulate/scenario/normal_quantile.ts";

Deno.test("normal quantile: it differs from tabulated values by less than a millionth", () => {
  for (
    const [share, quantile] of [
      [0.5, 0],
      [0.6, 0.2533471031],
      [0.9, 1.2815515655],
      [0.975, 1.9599639845],
      [0.99, 2.3263478740],
      [0.999, 3.0902323062],
      [0.999999, 4.7534243088],
    ] as const
  ) {
    assertAlmostEquals(computeNormalQuantile(share), quantile, 1e-6);
    assertAlmostEquals(computeNormalQuantile(1 - share), -quantile, 1e-6);
  }
});
