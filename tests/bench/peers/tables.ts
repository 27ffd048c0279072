/** Formats the tables of the peers bench, in Markdown. */
import { computeRatios, markdown, shown, summarize } from "./figures.ts";
import { LATENCY_WORKLOAD, type LatencyRun, NO_PROXY } from "./latencies.ts";
import type { MemoryRun } from "./memories.ts";
import { computeUsualCalibration, isNoisy, type Noise } from "./noise.ts";
import { LATE_SHARES, LATENCY_SHARES } from "./open_loop.ts";
import type { Proxy } from "./proxy.ts";
import { OTHERS, OWN } from "./proxies.ts";
import type { RunKey } from "./runs.ts";
import type { ThroughputRun } from "./throughput.ts";
import { WORKLOADS } from "./workloads.ts";

/** Marks the name of a row if at least one of its rounds was noisy. */
export const NOISY = "\\*";
const MB_BYTES = 1e6;
const CONTENDER = ["Proxy", "Workers"];

/** One table for each workload. */
export function throughputTables(
  proxies: readonly Proxy[],
  runs: readonly ThroughputRun[],
): string {
  const usual = computeUsualCalibration(runs);
  return selectWorkloads(runs).map(({ key, title, isTls }) => {
    const rows = groupRows(proxies, runs.filter(({ workload }) => workload === key)).map((row) => [
      ...named(row, usual),
      shown(summarize(row.runs.map(({ requestsPerSecond }) => requestsPerSecond)), 0),
      shown(summarize(row.runs.map(({ cpuMicroseconds }) => cpuMicroseconds)), 1),
      shown(summarize(row.runs.map(({ busy }) => 100 * busy)), 0),
    ]);
    const without = proxies.filter(({ withoutTls }) => isTls && withoutTls !== undefined)
      .map(({ name, withoutTls }) => [name, "", withoutTls!, "", ""]);
    const head = [...CONTENDER, "Requests/s", "CPU µs/request", "Cores busy, %"];
    return `### ${title}\n\n${markdown(head, [...without, ...rows], 1)}\n`;
  }).join("");
}

/** Compares this balancer with each other proxy, with the same number of workers. */
export function comparison(proxies: readonly Proxy[], runs: readonly ThroughputRun[]): string {
  const others = OTHERS.filter((proxy) => proxies.includes(proxy));
  const own = OWN.filter((proxy) => proxies.includes(proxy));
  const rows = selectWorkloads(runs).flatMap(({ key, title }) => {
    const all = runs.filter(({ workload }) => workload === key);
    return groupRows(own, all).map(({ proxy, workers, runs }) => [
      title,
      proxy.name,
      String(workers),
      ...others.map(({ key }) => {
        const theirs = all.filter((run) => run.proxy === key && run.workers === workers);
        const requests = computeRatios(runs, theirs, ({ requestsPerSecond }) => requestsPerSecond);
        const cpu = computeRatios(runs, theirs, ({ cpuMicroseconds }) => cpuMicroseconds);
        return `${shown(summarize(requests), 2)}; ${shown(summarize(cpu), 2)}`;
      }),
    ]);
  });
  if (rows.length === 0 || others.length === 0) return "";
  const head = ["Workload", ...CONTENDER, ...others.map(({ name }) => `÷ ${name}`)];
  return `### Ratio of this balancer to other proxies: requests per second; CPU per request\n\n${
    markdown(head, rows, 2)
  }\n`;
}

/** One table for each rate; the first row is without a proxy. */
export function latencyTables(proxies: readonly Proxy[], runs: readonly LatencyRun[]): string {
  const usual = computeUsualCalibration(runs);
  const head = [
    ...CONTENDER,
    ...["p50, µs", "p99, µs", "p99.9, µs"],
    ...["Load's own delay: p99, µs", "p99.9, µs"],
  ];
  return [...Map.groupBy(runs, ({ rate }) => rate)].map(([rate, ofRate]) => {
    const direct = ofRate.filter(({ proxy }) => proxy === NO_PROXY);
    const rows = [
      ...(direct.length === 0 ? [] : [["No proxy", "", ...latencyCells(direct)]]),
      ...groupRows(proxies, ofRate).map((row) => [...named(row, usual), ...latencyCells(row.runs)]),
    ];
    const title = `${LATENCY_WORKLOAD.title}: latency at ${rate.toLocaleString("en")} requests/s`;
    return `### ${title}\n\n${markdown(head, rows, 1)}\n`;
  }).join("");
}

function latencyCells(runs: readonly LatencyRun[]): string[] {
  const cell = (value: (run: LatencyRun) => number) => shown(summarize(runs.map(value)), 0);
  return [
    ...LATENCY_SHARES.map((_, place) => cell(({ quantiles }) => quantiles[place]!)),
    ...LATE_SHARES.map((_, place) => cell(({ late }) => late[place]!)),
  ];
}

export function memoryTable(proxies: readonly Proxy[], runs: readonly MemoryRun[]): string {
  if (runs.length === 0) return "";
  const rows = groupRows(proxies, runs).map(({ proxy, workers, runs }) => [
    proxy.name,
    String(workers),
    ...(["idle", "loaded", "perThousand"] as const).map((what) =>
      shown(summarize(runs.map((run) => run[what] / MB_BYTES)), 1)
    ),
  ]);
  const head = [...CONTENDER, "Idle, MB", "Under load, MB", "Per 1,000 idle connections, MB"];
  return markdown(head, rows, 1);
}

export interface Row<Run> {
  readonly proxy: Proxy;
  readonly workers: number;
  readonly runs: readonly Run[];
}

/** One row for each proxy and number of workers that has runs, sorted by the number of workers. */
export function groupRows<Run extends RunKey>(
  proxies: readonly Proxy[],
  runs: readonly Run[],
): Row<Run>[] {
  const byWorkers = [...Map.groupBy(runs, ({ workers }) => workers)].sort(([a], [b]) => a - b);
  return byWorkers.flatMap(([workers, all]) =>
    proxies.map((proxy) => ({
      proxy,
      workers,
      runs: all.filter((run) => run.proxy === proxy.key),
    })).filter(({ runs }) => runs.length > 0)
  );
}

export function named(
  { proxy, workers, runs }: Row<{ readonly noise: Noise }>,
  usual: number,
): string[] {
  const mark = runs.some(({ noise }) => isNoisy(noise, usual)) ? ` ${NOISY}` : "";
  return [`${proxy.name}${mark}`, String(workers)];
}

export function selectWorkloads(runs: readonly RunKey[]) {
  return WORKLOADS.filter(({ key }) => runs.some(({ workload }) => workload === key));
}
