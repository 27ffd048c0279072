import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  type Distribution,
  readDistribution,
} from "../../../lib/simulate/scenario/distribution.ts";
import { unwrap } from "../../support/simulated.ts";

function read(text: string): Distribution {
  return unwrap(readDistribution(text));
}

/** The mean over evenly spaced shares. */
function computeMean(distribution: Distribution): number {
  const count = 200_000;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += distribution((i + 0.5) / count);
  return sum / count;
}

Deno.test("distribution: a constant is the same at every share", () => {
  assertEquals([0.001, 0.5, 0.999].map(read("20ms")), [20, 20, 20]);
});

Deno.test("distribution: a uniform one goes from its minimum to its maximum", () => {
  assertEquals([0, 0.25, 0.5, 1].map(read("uniform(5ms,15ms)")), [5, 7.5, 10, 15]);
});

Deno.test("distribution: an exponential one has its mean, and a median of ln 2 times that", () => {
  const exponential = read("exponential(20ms)");
  assertAlmostEquals(computeMean(exponential), 20, 0.01);
  assertAlmostEquals(exponential(0.5), 20 * Math.LN2, 1e-9);
});

Deno.test("distribution: a lognormal one has its median, its mean and its tail", () => {
  const lognormal = read("lognormal(20ms,0.5)");
  assertAlmostEquals(lognormal(0.5), 20, 1e-9);
  assertAlmostEquals(computeMean(lognormal), 20 * Math.exp(0.125), 0.01);
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
  Deno.test(`distribution: "${text}" is refused with examples`, () => {
    const read = readDistribution(text);
    assert(typeof read === "string" && read.startsWith("must have a latency such as 20ms, "));
  });
}

Deno.test("distribution: a maximum below the minimum and a sigma out of range are refused", () => {
  assertEquals(
    readDistribution("uniform(15ms,5ms)"),
    "must have a uniform latency with the shorter time first",
  );
  for (const sigma of ["6", "5.1", "-1", "x", ""]) {
    assertEquals(
      readDistribution(`lognormal(20ms,${sigma})`),
      "must have a lognormal latency with a sigma of 0 to 5",
    );
  }
});
