/** Formats the tables of the peers bench, in Markdown. */
import { computeRatios, markdown, shown, summarize } from "./figures.ts";
import type { LatencyRun } from "./latencies.ts";
import type { MemoryRun } from "./memories.ts";
import { computeUsualCalibration, isNoisy, type Noise } from "./noise.ts";
import type { Proxy } from "./proxy.ts";
import { OWN, PEERS } from "./proxies.ts";
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
  const peers = PEERS.filter((peer) => proxies.includes(peer));
  const own = OWN.filter((proxy) => proxies.includes(proxy));
  const rows = selectWorkloads(runs).flatMap(({ key, title }) => {
    const all = runs.filter(({ workload }) => workload === key);
    return groupRows(own, all).map(({ proxy, workers, runs }) => [
      title,
      proxy.name,
      String(workers),
      ...peers.map((peer) => {
        const theirs = all.filter((run) => run.proxy === peer.key && run.workers === workers);
        const requests = computeRatios(runs, theirs, ({ requestsPerSecond }) => requestsPerSecond);
        const cpu = computeRatios(runs, theirs, ({ cpuMicroseconds }) => cpuMicroseconds);
        return `${shown(summarize(requests), 2)}; ${shown(summarize(cpu), 2)}`;
      }),
    ]);
  });
  if (rows.length === 0 || peers.length === 0) return "";
  const head = ["Workload", ...CONTENDER, ...peers.map(({ name }) => `÷ ${name}`)];
  return `### Ratio of this balancer to other proxies: requests per second; CPU per request\n\n${
    markdown(head, rows, 2)
  }\n`;
}

export function latencyTables(
  proxies: readonly Proxy[],
  runs: readonly LatencyRun[],
  rate: number,
): string {
  const usual = computeUsualCalibration(runs);
  return selectWorkloads(runs).map(({ key, title }) => {
    const all = runs.filter(({ workload }) => workload === key);
    const quantile = (place: number) => (run: LatencyRun) =>
      run.through.quantiles[place]! - run.direct.quantiles[place]!;
    const rows = groupRows(proxies, all).map((row) => [
      ...named(row, usual),
      ...[0, 1, 2].map((place) => shown(summarize(row.runs.map(quantile(place))), 2)),
      shown(summarize(row.runs.map(({ through }) => through.late)), 2),
    ]);
    const direct = [0, 1, 2].map((place) =>
      shown(summarize(all.map(({ direct }) => direct.quantiles[place]!)), 2)
    );
    const late = shown(summarize(all.map(({ direct }) => direct.late)), 2);
    const head = [
      ...CONTENDER,
      "Added p50, ms",
      "Added p99, ms",
      "Added p99.9, ms",
      "Load's own p99 delay, ms",
    ];
    return `### ${title}: latency added at ${rate} requests per second\n\n` +
      `${markdown(head, [...rows, ["No proxy: total latency", "", ...direct, late]], 1)}\n`;
  }).join("");
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
  return `### Memory\n\n${markdown(head, rows, 1)}\n`;
}

interface Row<Run> {
  readonly proxy: Proxy;
  readonly workers: number;
  readonly runs: readonly Run[];
}

/** One row for each proxy and number of workers that has runs, sorted by the number of workers. */
function groupRows<Run extends RunKey>(
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

function named({ proxy, workers, runs }: Row<{ readonly noise: Noise }>, usual: number): string[] {
  const mark = runs.some(({ noise }) => isNoisy(noise, usual)) ? ` ${NOISY}` : "";
  return [`${proxy.name}${mark}`, String(workers)];
}

function selectWorkloads(runs: readonly RunKey[]) {
  return WORKLOADS.filter(({ key }) => runs.some(({ workload }) => workload === key));
}
