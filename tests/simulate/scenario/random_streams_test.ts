import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { createRandomStream } from "../../../lib/simulate/scenario/random_streams.ts";

const SEED = fc.integer({ min: 0, max: 2 ** 32 - 1 });

function draw(count: number, random: () => number): number[] {
  return Array.from({ length: count }, random);
}

/** Compares the counts in ten equal parts: chi-squared, with 9 degrees of freedom. */
function computeUnevenness(values: readonly number[]): number {
  const counts = Array<number>(10).fill(0);
  for (const value of values) counts[Math.floor(value * 10)]!++;
  const expected = values.length / 10;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Uniform values exceed this once in ten million times. */
const TOO_UNEVEN = 50;

Deno.test("random streams: a stream is the same for the same seed and name, and differs for others", () => {
  fc.assert(fc.property(SEED, (seed) => {
    const pool = draw(8, createRandomStream(seed, "pool"));
    assertEquals(draw(8, createRandomStream(seed, "pool")), pool);
    assertNotEquals(draw(8, createRandomStream(seed, "arrivals")), pool);
    assertNotEquals(draw(8, createRandomStream(seed ^ 1, "pool")), pool);
    assert(pool.every((value) => value >= 0 && value < 1));
  }));
});

Deno.test("random streams: the values of a stream are uniform", () => {
  for (const seed of [0, 1, 2 ** 32 - 1]) {
    assert(computeUnevenness(draw(100_000, createRandomStream(seed, "arrivals"))) < TOO_UNEVEN);
  }
});

Deno.test("random streams: the first values of neighbouring seeds and of all streams are uniform", () => {
  const names = ["arrivals", "pool", "probes"] as const;
  const firstValues = names.flatMap((name) =>
    Array.from({ length: 30_000 }, (_, seed) => createRandomStream(seed, name)())
  );
  assert(computeUnevenness(firstValues) < TOO_UNEVEN);
  assertEquals(new Set(firstValues).size, firstValues.length);
});
