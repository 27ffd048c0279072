/**
 * The results of a simulation as JSON. The scenario in it can be used as a scenario file; if
 * requests were recorded, together with the same recording.
 */
import { SLICES, type Summary } from "../run/summary.ts";
import type { Scenario } from "../scenario/scenario.ts";

/** Units of the values whose names do not say them. Latencies are of answered requests only. */
const UNITS = {
  latency: "ms",
  errorShare: "of requests",
  retryShare: "of requests",
  share: "of attempts",
  slices: "attempts",
} as const;

/** @param summaries one for each policy of the scenario */
export function formatJsonReport(scenario: Scenario, summaries: readonly Summary[]): string {
  const { seed, traffic, backends, settings, arrivals, skipped, durationMs } = scenario;
  const seconds = durationMs / 1000;
  const document = {
    scenario: {
      seed,
      ...(traffic !== undefined && {
        requests: traffic.requests,
        rate: traffic.rate,
        posts: `${Math.round(traffic.posts * 100)}%`,
        clients: traffic.clients,
      }),
      backends: backends.map(({ text }) => text),
      settings,
    },
    arrivals: {
      count: arrivals.count,
      skipped,
      seconds,
      sliceSeconds: seconds / SLICES,
    },
    units: UNITS,
    policies: summaries,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
