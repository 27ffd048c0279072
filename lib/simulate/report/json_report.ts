/**
 * What a simulation came to, for programs. The scenario in it can be given back as a file; with recorded
 * requests, only together with those.
 */
import { SLICES, type Summary } from "../run/statistics.ts";
import type { Scenario } from "../scenario/scenario.ts";

/** Of figures whose names do not say it; latencies are of answered requests only. */
const UNITS = {
  latency: "ms",
  errorShare: "of requests",
  retryShare: "of requests",
  share: "of attempts",
  slices: "attempts",
} as const;

/** @param summaries one for each policy of the scenario */
export function jsonReport(scenario: Scenario, summaries: readonly Summary[]): string {
  const { seed, traffic, backends, settings, arrivals, skipped, length } = scenario;
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
      seconds: length / 1000,
      sliceSeconds: length / 1000 / SLICES,
    },
    units: UNITS,
    policies: summaries,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
