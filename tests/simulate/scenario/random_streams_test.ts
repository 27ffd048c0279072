import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { quantileFor, stream } from "../../../lib/simulate/run/random.ts";

const SEED = fc.integer({ min: 0, max: 2 ** 32 - 1 });

function first(count: number, random: () => number): number[] {
  return Array.from({ length: count }, random);
}

/** How far from even the counts in ten equal parts are: chi-squared, with 9 degrees of freedom. */
function unevenness(values: readonly number[]): number {
  const counts = Array<number>(10).fill(0);
  for (const value of values) counts[Math.floor(value * 10)]!++;
  const expected = values.length / 10;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** What chance exceeds once in ten million. */
const TOO_UNEVEN = 50;

Deno.test("random: one seed gives the same stream again, and other names other streams", () => {
  fc.assert(fc.property(SEED, (seed) => {
    const pool = first(8, stream(seed, "pool"));
    assertEquals(first(8, stream(seed, "pool")), pool);
    assertNotEquals(first(8, stream(seed, "arrivals")), pool);
    assertNotEquals(first(8, stream(seed ^ 1, "pool")), pool);
    assert(pool.every((value) => value >= 0 && value < 1));
  }));
});

Deno.test("random: the numbers of a stream are even", () => {
  for (const seed of [0, 1, 2 ** 32 - 1]) {
    assert(unevenness(first(100_000, stream(seed, "arrivals"))) < TOO_UNEVEN);
  }
});

Deno.test("random: luck depends on seed, request and attempt, and on nothing else", () => {
  assertEquals(quantileFor(1, 2, 3), quantileFor(1, 2, 3));
  const all = [
    quantileFor(1, 2, 3),
    quantileFor(2, 2, 3),
    quantileFor(1, 3, 3),
    quantileFor(1, 2, 4),
    quantileFor(1, 3, 2),
  ];
  assertEquals(new Set(all).size, all.length);
});

Deno.test("random: luck is even over requests and over attempts, and never 0 or 1", () => {
  for (const seed of [0, 1, 12_345]) {
    const requests = Array.from({ length: 100_000 }, (_, i) => quantileFor(seed, i + 1, 1));
    const attempts = Array.from({ length: 100_000 }, (_, i) => quantileFor(seed, 7, i + 1));
    assert(unevenness(requests) < TOO_UNEVEN);
    assert(unevenness(attempts) < TOO_UNEVEN);
    assert(requests.every((luck) => luck > 0 && luck < 1));
  }
});
