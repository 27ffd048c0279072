/** What a simulation came to, for people. */
import { DEFAULTS } from "../../config/schema.ts";
import { bar, sparkline, table } from "./chart.ts";
import type { Summary } from "../run/statistics.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { SIMULATED_SETTINGS } from "../scenario/settings.ts";

/** How long the longest bar is, in characters. */
const BAR_WIDTH = 50;

/** @param summaries one for each policy of the scenario */
export function report(scenario: Scenario, summaries: readonly Summary[]): string {
  const parts = [whatWasRun(scenario), formatFigures(summaries)];
  if (summaries.length > 1) parts.push(formatBars(summaries));
  return [...parts, ...summaries.map((summary) => formatLoad(summary, scenario))].join("\n");
}

function whatWasRun(scenario: Scenario): string {
  const { arrivals, skipped, traffic, backends, seed, length, settings } = scenario;
  const leftOut = skipped > 0 ? `, ${counted(skipped, "refused one")} skipped` : "";
  const requests = traffic === undefined
    ? `${counted(arrivals.count, "recorded request")} over ${seconds(length)}${leftOut}`
    : `${counted(traffic.requests, "request")} over ${
      seconds(length)
    }, ${traffic.rate} a second, ` +
      `${Math.round(traffic.posts * 100)}% POST, from ${counted(traffic.clients, "client")}`;
  const changed = SIMULATED_SETTINGS.filter((name) =>
    settings[name] !== undefined && settings[name] !== DEFAULTS[name]
  );
  return [
    `Simulated: ${requests}, to ${counted(backends.length, "backend")}; seed ${seed}`,
    ...backends.map(({ name, text }) => `  ${name}: ${text}`),
    ...changed.map((name) => `  ${name}=${settings[name]}`),
  ].join("\n") + "\n";
}

function formatFigures(summaries: readonly Summary[]): string {
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
      : [latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map(milliseconds);
    return [
      summary.policy,
      ...latencies,
      percent(summary.errorShare),
      String(summary.retries),
      percent(summary.retryShare),
      String(summary.ejections),
    ];
  });
  return `Latencies are of answered requests only.\n\n${table([head, ...rows])}`;
}

function formatBars(summaries: readonly Summary[]): string {
  const longest = greatest(summaries.map(({ latency }) => latency?.p99 ?? 0));
  const rows = summaries.map(({ policy, latency, errorShare }) => {
    if (latency === null) return [policy, "nothing answered"];
    const length = longest === 0 ? 0 : latency.p99 / longest;
    // Who gives up soon has the shortest bar.
    const errors = errorShare > 0 ? `, ${percent(errorShare)} errors` : "";
    return [policy, `${bar(length, BAR_WIDTH)} ${milliseconds(latency.p99)} ms${errors}`];
  });
  return `p99 of answered requests\n${table(rows, [1])}`;
}

/** How the load of a policy's backends was, and what its errors were. */
function formatLoad(
  { policy, backends, errorKinds, downs }: Summary,
  { length }: Scenario,
): string {
  const top = greatest(backends.flatMap(({ slices }) => slices));
  const rows = backends.map(({ name, share, peakInFlight, slices }) => [
    `  ${name}`,
    percent(share),
    String(peakInFlight),
    sparkline(slices, top),
  ]);
  const head = ["  backend", "attempts", "peak in flight", `attempts over ${seconds(length)}`];
  const errors = Object.entries(errorKinds).map(([kind, count]) => `  ${kind}: ${count}\n`);
  return [
    `${policy}\n`,
    table([head, ...rows], [3]),
    downs > 0 ? `  taken down by probes: ${downs}\n` : "",
    ...errors,
  ].join("");
}

function milliseconds(value: number): string {
  return value.toFixed(1);
}

function seconds(length: number): string {
  return `${(length / 1000).toFixed(1)} s`;
}

/** With two decimals, so that nothing but 0 is 0.00%, and nothing but all is 100.00%. */
function percent(share: number): string {
  const text = `${(share * 100).toFixed(2)}%`;
  if (share > 0 && text === "0.00%") return "<0.01%";
  return share < 1 && text === "100.00%" ? ">99.99%" : text;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** The greatest of numbers that are 0 or more; there may be too many of them for Math.max. */
function greatest(numbers: readonly number[]): number {
  return numbers.reduce((greatest, number) => Math.max(greatest, number), 0);
}
