import { assert, assertEquals } from "@std/assert";
import { drawWorkQuantile } from "../../../lib/simulate/run/work_quantile.ts";

/** Compares the counts in ten equal parts: chi-squared, with 9 degrees of freedom. */
function computeUnevenness(values: readonly number[]): number {
  const counts = Array<number>(10).fill(0);
  for (const value of values) counts[Math.floor(value * 10)]!++;
  const expected = values.length / 10;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Uniform values exceed this once in ten million times. */
const TOO_UNEVEN = 50;

Deno.test("work quantile: it depends only on seed, request and attempt", () => {
  assertEquals(drawWorkQuantile(1, 2, 3), drawWorkQuantile(1, 2, 3));
  const all = [
    drawWorkQuantile(1, 2, 3),
    drawWorkQuantile(2, 2, 3),
    drawWorkQuantile(1, 3, 3),
    drawWorkQuantile(1, 2, 4),
    drawWorkQuantile(1, 3, 2),
  ];
  assertEquals(new Set(all).size, all.length);
});

Deno.test("work quantile: it is uniform over requests and over attempts, and never 0 or 1", () => {
  for (const seed of [0, 1, 12_345]) {
    const requests = Array.from({ length: 100_000 }, (_, i) => drawWorkQuantile(seed, i + 1, 1));
    const attempts = Array.from({ length: 100_000 }, (_, i) => drawWorkQuantile(seed, 7, i + 1));
    assert(computeUnevenness(requests) < TOO_UNEVEN);
    assert(computeUnevenness(attempts) < TOO_UNEVEN);
    assert(requests.every((quantile) => quantile > 0 && quantile < 1));
  }
});
