import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  type Distribution,
  normalQuantile,
  readDistribution,
} from "../../../lib/simulate/scenario/distribution.ts";
import { valueOf } from "../../support/simulated.ts";

function distribution(text: string): Distribution {
  return valueOf(readDistribution(text));
}

/** The mean over evenly spaced shares. */
function meanOf(distribution: Distribution): number {
  const count = 200_000;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += distribution((i + 0.5) / count);
  return sum / count;
}

Deno.test("distribution: quantiles of the normal distribution are right to a millionth", () => {
  // Known values, to ten decimals.
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
    assertAlmostEquals(normalQuantile(share), quantile, 1e-6);
    assertAlmostEquals(normalQuantile(1 - share), -quantile, 1e-6);
  }
});

Deno.test("distribution: a constant is always as long, whatever the luck", () => {
  assertEquals([0.001, 0.5, 0.999].map(distribution("20ms")), [20, 20, 20]);
});

Deno.test("distribution: a uniform one goes from one end to the other", () => {
  assertEquals([0, 0.25, 0.5, 1].map(distribution("uniform(5ms,15ms)")), [5, 7.5, 10, 15]);
});

Deno.test("distribution: an exponential one has its mean, and a median of ln 2 times that", () => {
  const exponential = distribution("exponential(20ms)");
  assertAlmostEquals(meanOf(exponential), 20, 0.01);
  assertAlmostEquals(exponential(0.5), 20 * Math.LN2, 1e-9);
});

Deno.test("distribution: a lognormal one has its median, its mean and its tail", () => {
  const lognormal = distribution("lognormal(20ms,0.5)");
  assertAlmostEquals(lognormal(0.5), 20, 1e-9);
  assertAlmostEquals(meanOf(lognormal), 20 * Math.exp(0.125), 0.01);
  assertAlmostEquals(lognormal(0.99), 20 * Math.exp(0.5 * 2.3263478740), 1e-4);
});

for (
  const text of [
    "",
    "20",
    "-20ms",
    "20ms,30ms",
    "normal(20ms,1)",
    "uniform(5ms)",
    "uniform(5ms,2)",
    "exponential()",
    "exponential(20ms,1)",
    "lognormal(20ms)",
    "2h",
  ]
) {
  Deno.test(`distribution: "${text}" is none, and examples are shown`, () => {
    const read = readDistribution(text);
    assert(typeof read === "string" && read.startsWith("must have a latency such as 20ms, "));
  });
}

Deno.test("distribution: ends that are the wrong way round, and a sigma out of range, are told", () => {
  assertEquals(
    readDistribution("uniform(15ms,5ms)"),
    "must have a uniform latency that goes from a shorter time to a longer one",
  );
  for (const sigma of ["6", "5.1", "-1", "x", ""]) {
    assertEquals(
      readDistribution(`lognormal(20ms,${sigma})`),
      "must have a lognormal latency with a sigma of 0 to 5",
    );
  }
});
