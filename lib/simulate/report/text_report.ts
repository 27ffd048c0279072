/** The results of a simulation as text. */
import type { Summary } from "../run/summary.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { drawBar, drawSparkline, formatTable } from "./chart.ts";
import { describeScenario } from "./scenario_text.ts";
import { formatMilliseconds, formatPercent, formatSeconds } from "./units.ts";

/** The length of the longest bar. */
const BAR_CHARACTERS = 50;

/** @param summaries one for each policy of the scenario */
export function formatTextReport(scenario: Scenario, summaries: readonly Summary[]): string {
  const sections = [describeScenario(scenario), formatPolicies(summaries)];
  if (summaries.length > 1) sections.push(formatBars(summaries));
  return [...sections, ...summaries.map((summary) => formatLoad(summary, scenario))].join("\n");
}

/** What clients saw under each policy. */
function formatPolicies(summaries: readonly Summary[]): string {
  const head = [
    "policy",
    "p50 ms",
    "p90 ms",
    "p99 ms",
    "p99.9 ms",
    "max ms",
    "errors",
    "retries",
    "",
    "ejections",
  ];
  const rows = summaries.map((summary) => {
    const { latency } = summary;
    const latencies = latency === null
      ? ["-", "-", "-", "-", "-"]
      : [latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map(formatMilliseconds);
    return [
      summary.policy,
      ...latencies,
      formatPercent(summary.errorShare),
      String(summary.retries),
      formatPercent(summary.retryShare),
      String(summary.ejections),
    ];
  });
  return `Latencies are of answered requests only.\n\n${formatTable([head, ...rows])}`;
}

/** The p99 of each policy as a bar. */
function formatBars(summaries: readonly Summary[]): string {
  const longest = findGreatest(summaries.map(({ latency }) => latency?.p99 ?? 0));
  const rows = summaries.map(({ policy, latency, errorShare }) => {
    if (latency === null) return [policy, "nothing answered"];
    const share = longest === 0 ? 0 : latency.p99 / longest;
    // A policy under which requests fail early has a short bar, too.
    const errors = errorShare > 0 ? `, ${formatPercent(errorShare)} errors` : "";
    const bar = drawBar(share, BAR_CHARACTERS);
    return [policy, `${bar} ${formatMilliseconds(latency.p99)} ms${errors}`];
  });
  return `p99 of answered requests\n${formatTable(rows, [1])}`;
}

/** The load of each backend under a policy, and the errors by kind. */
function formatLoad(
  { policy, backends, errorKinds, downs }: Summary,
  { durationMs }: Scenario,
): string {
  const top = findGreatest(backends.flatMap(({ slices }) => slices));
  const rows = backends.map(({ name, share, peakInFlight, slices }) => [
    `  ${name}`,
    formatPercent(share),
    String(peakInFlight),
    drawSparkline(slices, top),
  ]);
  const overTime = `attempts over ${formatSeconds(durationMs)}`;
  const head = ["  backend", "attempts", "peak in flight", overTime];
  const errors = Object.entries(errorKinds).map(([kind, count]) => `  ${kind}: ${count}\n`);
  return [
    `${policy}\n`,
    formatTable([head, ...rows], [3]),
    downs > 0 ? `  taken down by probes: ${downs}\n` : "",
    ...errors,
  ].join("");
}

/** The greatest of numbers that are 0 or more; there may be too many of them for Math.max. */
function findGreatest(numbers: readonly number[]): number {
  return numbers.reduce((greatest, number) => Math.max(greatest, number), 0);
}
