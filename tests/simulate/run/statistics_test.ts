import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Figures, SLICES } from "../../../lib/simulate/run/statistics.ts";

Deno.test("figures: percentiles are the least latency that so many do not exceed", () => {
  const latency = fc.integer({ min: 0, max: 1_000 });
  fc.assert(fc.property(fc.array(latency, { minLength: 1, maxLength: 2_000 }), (latencies) => {
    const figures = new Figures("p2c", ["a"], latencies.length, 1);
    for (const milliseconds of latencies) figures.answered(milliseconds);
    const found = figures.summary().latency!;
    for (
      const [percentile, share] of [
        [found.p50, 0.5],
        [found.p90, 0.9],
        [found.p99, 0.99],
        [found.p999, 0.999],
        [found.max, 1],
      ] as const
    ) {
      const upTo = latencies.filter((latency) => latency <= percentile).length;
      const under = latencies.filter((latency) => latency < percentile).length;
      assertEquals(upTo >= latencies.length * share - 1e-9, true);
      assertEquals(under < latencies.length * share, true);
    }
    const sum = latencies.reduce((sum, latency) => sum + latency, 0);
    assertAlmostEquals(found.mean, sum / latencies.length, 1e-9);
  }));
});

Deno.test("figures: errors are no latencies, and are counted by what they were", () => {
  const figures = new Figures("p2c", ["a"], 4, 1);
  figures.answered(5);
  figures.error("late");
  figures.error("answered 500");
  figures.error("late");
  const { answered, errors, errorShare, errorKinds, latency } = figures.summary();
  assertEquals([answered, errors, errorShare, latency?.max], [1, 3, 0.75, 5]);
  assertEquals(errorKinds, { "answered 500": 1, late: 2 });
});

Deno.test("figures: where nothing was answered there is no latency, and shares are 0", () => {
  const figures = new Figures("p2c", ["a"], 1, 1);
  figures.error("late");
  const { latency, backends } = figures.summary();
  assertEquals([latency, backends[0]?.share], [null, 0]);
});

Deno.test("figures: attempts are counted by backend and by slice, those after the first as retries", () => {
  const figures = new Figures("p2c", ["a", "b"], 4, 400);
  figures.attempt(0, 1, 1, 0);
  figures.attempt(0, 1, 2, 9.9);
  figures.attempt(1, 2, 1, 10);
  figures.attempt(1, 1, 1, 1_000);
  const { backends: [a, b], retries, retryShare } = figures.summary();
  assertEquals([retries, retryShare], [1, 0.25]);
  assertEquals([a?.attempts, a?.share, a?.peakInFlight], [2, 0.5, 2]);
  assertEquals(a?.slices, [2, ...Array(SLICES - 1).fill(0)]);
  assertEquals(b?.slices, [0, 1, ...Array(SLICES - 3).fill(0), 1]);
});
