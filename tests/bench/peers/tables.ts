/** The tables of the peers bench, in Markdown. */
import { figureOf, markdown, ratiosOf, shown } from "./figures.ts";
import type { LatencyRun } from "./latencies.ts";
import type { MemoryRun } from "./memories.ts";
import { isNoisy, type Noise, usualOf } from "./noise.ts";
import type { Proxy } from "./proxy.ts";
import { OWN, PEERS } from "./proxies.ts";
import type { RunOf } from "./runs.ts";
import type { ThroughputRun } from "./throughput.ts";
import { WORKLOADS } from "./workloads.ts";

/** What is left of the name of a row whose rounds were noisy in part. */
export const NOISY = "\\*";
const MB = 1e6;
const CONTENDER = ["Proxy", "Workers"];

/** One table for each workload. */
export function throughputTables(
  proxies: readonly Proxy[],
  runs: readonly ThroughputRun[],
): string {
  const usual = usualOf(runs);
  return workloadsOf(runs).map(({ key, title, isTls }) => {
    const rows = rowsOf(proxies, runs.filter(({ workload }) => workload === key)).map((row) => [
      ...named(row, usual),
      shown(figureOf(row.runs.map(({ requestsPerSecond }) => requestsPerSecond)), 0),
      shown(figureOf(row.runs.map(({ cpuMicroseconds }) => cpuMicroseconds)), 1),
      shown(figureOf(row.runs.map(({ busy }) => 100 * busy)), 0),
    ]);
    const without = proxies.filter(({ withoutTls }) => isTls && withoutTls !== undefined)
      .map(({ name, withoutTls }) => [name, "", withoutTls!, "", ""]);
    const head = [...CONTENDER, "Requests/s", "CPU µs/request", "Cores busy, %"];
    return `### ${title}\n\n${markdown(head, [...without, ...rows], 1)}\n`;
  }).join("");
}

/** This balancer beside each other proxy with as many workers. */
export function comparison(proxies: readonly Proxy[], runs: readonly ThroughputRun[]): string {
  const peers = PEERS.filter((peer) => proxies.includes(peer));
  const own = OWN.filter((proxy) => proxies.includes(proxy));
  const rows = workloadsOf(runs).flatMap(({ key, title }) => {
    const all = runs.filter(({ workload }) => workload === key);
    return rowsOf(own, all).map(({ proxy, workers, runs }) => [
      title,
      proxy.name,
      String(workers),
      ...peers.map((peer) => {
        const theirs = all.filter((run) => run.proxy === peer.key && run.workers === workers);
        const requests = ratiosOf(runs, theirs, ({ requestsPerSecond }) => requestsPerSecond);
        const cpu = ratiosOf(runs, theirs, ({ cpuMicroseconds }) => cpuMicroseconds);
        return `${shown(figureOf(requests), 2)}; ${shown(figureOf(cpu), 2)}`;
      }),
    ]);
  });
  if (rows.length === 0 || peers.length === 0) return "";
  const head = ["Workload", ...CONTENDER, ...peers.map(({ name }) => `÷ ${name}`)];
  return `### Requests a second; CPU per request: of this balancer, divided by those of the others\n\n${
    markdown(head, rows, 2)
  }\n`;
}

export function latencyTables(
  proxies: readonly Proxy[],
  runs: readonly LatencyRun[],
  rate: number,
): string {
  const usual = usualOf(runs);
  return workloadsOf(runs).map(({ key, title }) => {
    const all = runs.filter(({ workload }) => workload === key);
    const quantile = (place: number) => (run: LatencyRun) =>
      run.through.quantiles[place]! - run.direct.quantiles[place]!;
    const rows = rowsOf(proxies, all).map((row) => [
      ...named(row, usual),
      ...[0, 1, 2].map((place) => shown(figureOf(row.runs.map(quantile(place))), 2)),
      shown(figureOf(row.runs.map(({ through }) => through.late)), 2),
    ]);
    const direct = [0, 1, 2].map((place) =>
      shown(figureOf(all.map(({ direct }) => direct.quantiles[place]!)), 2)
    );
    const late = shown(figureOf(all.map(({ direct }) => direct.late)), 2);
    const head = [...CONTENDER, "Added p50, ms", "p99", "p99.9", "The load's own p99 lateness"];
    return `### ${title}: latency added at ${rate} requests a second\n\n` +
      `${markdown(head, [...rows, ["No proxy: not added, but in all", "", ...direct, late]], 1)}\n`;
  }).join("");
}

export function memoryTable(proxies: readonly Proxy[], runs: readonly MemoryRun[]): string {
  if (runs.length === 0) return "";
  const rows = rowsOf(proxies, runs).map(({ proxy, workers, runs }) => [
    proxy.name,
    String(workers),
    ...(["idle", "loaded", "perThousand"] as const).map((what) =>
      shown(figureOf(runs.map((run) => run[what] / MB)), 1)
    ),
  ]);
  const head = [...CONTENDER, "Idle, MB", "Under load", "Per 1,000 idle connections"];
  return `### Memory\n\n${markdown(head, rows, 1)}\n`;
}

interface Row<Run> {
  readonly proxy: Proxy;
  readonly workers: number;
  readonly runs: readonly Run[];
}

/** What there are runs of, by the number of workers. */
function rowsOf<Run extends RunOf>(proxies: readonly Proxy[], runs: readonly Run[]): Row<Run>[] {
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

function workloadsOf(runs: readonly RunOf[]) {
  return WORKLOADS.filter(({ key }) => runs.some(({ workload }) => workload === key));
}
