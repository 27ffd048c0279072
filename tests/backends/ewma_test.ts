import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { addSample, DECAY_MS, decayedAverage } from "../../lib/backends/ewma.ts";

Deno.test("latency: the first sample is the average", () => {
  assertEquals(addSample(undefined, 12, 5), { average: 12, at: 5 });
});

Deno.test("latency: a slower sample becomes the average at once", () => {
  assertEquals(addSample({ average: 10, at: 0 }, 500, 1), { average: 500, at: 1 });
});

Deno.test("latency: a faster sample weighs more the more time has passed", () => {
  const before = { average: 110, at: 0 };
  assertAlmostEquals(addSample(before, 10, 1).average, 110, 0.02);
  assertAlmostEquals(addSample(before, 10, DECAY_MS).average, 10 + 100 / Math.E);
  assertAlmostEquals(addSample(before, 10, 20 * DECAY_MS).average, 10, 0.001);
});

Deno.test("latency: an average decays with time", () => {
  const latency = { average: 1000, at: 0 };
  assertEquals(decayedAverage(latency, 0), 1000);
  assertAlmostEquals(decayedAverage(latency, DECAY_MS), 1000 / Math.E);
  assert(decayedAverage(latency, 12 * DECAY_MS) < 0.01);
});

Deno.test("latency: an average is never outside the range of its samples", () => {
  const samples = fc.array(
    fc.record({ ms: fc.double({ min: 0, max: 1e5, noNaN: true }), wait: fc.nat(30_000) }),
    {
      minLength: 1,
    },
  );
  fc.assert(fc.property(samples, (samples) => {
    let now = 0;
    let latency = addSample(undefined, samples[0]!.ms, now);
    for (const { ms, wait } of samples.slice(1)) latency = addSample(latency, ms, now += wait);
    const all = samples.map(({ ms }) => ms);
    assert(latency.average >= Math.min(...all) - 1e-6);
    assert(latency.average <= Math.max(...all) + 1e-6);
  }));
});
