import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Statistics } from "../../../lib/simulate/run/statistics.ts";
import { SLICES } from "../../../lib/simulate/run/summary.ts";

function createStatistics(names: string[], requests: number, durationMs: number): Statistics {
  return new Statistics({ policy: "p2c", names, requests, durationMs });
}

Deno.test("statistics: a percentile is the least latency that its share of answers does not exceed", () => {
  const latency = fc.integer({ min: 0, max: 1_000 });
  fc.assert(fc.property(fc.array(latency, { minLength: 1, maxLength: 2_000 }), (latencies) => {
    const statistics = createStatistics(["a"], latencies.length, 1);
    for (const milliseconds of latencies) statistics.countAnswer(milliseconds);
    const found = statistics.summarize().latency!;
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

Deno.test("statistics: errors have no latency, and are counted by kind", () => {
  const statistics = createStatistics(["a"], 4, 1);
  statistics.countAnswer(5);
  statistics.countError("late");
  statistics.countError("answered 500");
  statistics.countError("late");
  const { answered, errors, errorShare, errorKinds, latency } = statistics.summarize();
  assertEquals([answered, errors, errorShare, latency?.max], [1, 3, 0.75, 5]);
  assertEquals(errorKinds, { "answered 500": 1, late: 2 });
});

Deno.test("statistics: if nothing was answered, the latency is null and shares are 0", () => {
  const statistics = createStatistics(["a"], 1, 1);
  statistics.countError("late");
  const { latency, backends } = statistics.summarize();
  assertEquals([latency, backends[0]?.share], [null, 0]);
});

Deno.test("statistics: attempts are counted by backend and by slice, those after the first as retries", () => {
  const statistics = createStatistics(["a", "b"], 4, 400);
  statistics.countAttempt(0, 1, 1, 0);
  statistics.countAttempt(0, 1, 2, 9.9);
  statistics.countAttempt(1, 2, 1, 10);
  statistics.countAttempt(1, 1, 1, 1_000);
  const { backends: [a, b], retries, retryShare } = statistics.summarize();
  assertEquals([retries, retryShare], [1, 0.25]);
  assertEquals([a?.attempts, a?.share, a?.peakInFlight], [2, 0.5, 2]);
  assertEquals(a?.slices, [2, ...Array(SLICES - 1).fill(0)]);
  assertEquals(b?.slices, [0, 1, ...Array(SLICES - 3).fill(0), 1]);
});
