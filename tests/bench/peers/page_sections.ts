/** What docs/performance.md shows of a run: fewer tables than the report, each by workload. */
import { coresFor, isShared } from "./core_plan.ts";
import { computeRatios, markdown, shown, summarize } from "./figures.ts";
import { computeUsualCalibration, noiseWarnings } from "./noise.ts";
import { OWN } from "./proxies.ts";
import type { Proxy } from "./proxy.ts";
import { describeFigures, type Found, idleWarnings, listVersions } from "./report.ts";
import { groupRows, latencyTables, memoryTable, named, NOISY, selectWorkloads } from "./tables.ts";
import type { ThroughputRun } from "./throughput.ts";

/** The names of the sections of the page. */
export const SECTIONS = ["setup", "cpu", "ratios", "requests", "latency", "memory"] as const;

/** Keys of the proxies by whose CPU time that of this balancer is divided. */
const DIVISORS = ["haproxy", "caddy", "floor"];

const NOTHING = "Not measured.";

const getCpu = ({ cpuMicroseconds }: ThroughputRun) => cpuMicroseconds;

/** @param proxies those that were measured @returns Markdown by section */
export function formatSections(
  proxies: readonly Proxy[],
  found: Found,
): Record<typeof SECTIONS[number], string> {
  const { throughput, latency, memory, options: { cores } } = found;
  const runs = selectOwnWorkloads(throughput);
  const waiting = isShared(cores, coresFor(cores, 1)) ? [] : idleWarnings(runs);
  return {
    setup: formatSetup(proxies, found),
    cpu: formatWorkloads(proxies, runs, getCpu, 1),
    ratios: formatRatios(proxies, runs),
    requests: formatWorkloads(proxies, runs, ({ requestsPerSecond }) => requestsPerSecond, 0) +
      formatList(waiting),
    latency: latencyTables(proxies, latency) || NOTHING,
    memory: memoryTable(proxies, memory) || NOTHING,
  };
}

/** Those with one worker, under workloads that this balancer supports. */
function selectOwnWorkloads(runs: readonly ThroughputRun[]): ThroughputRun[] {
  const isOwn = (key: string) => OWN.some((proxy) => proxy.key === key);
  const workloads = new Set(
    runs.filter(({ proxy }) => isOwn(proxy)).map(({ workload }) => workload),
  );
  return runs.filter(({ workers, workload }) => workers === 1 && workloads.has(workload));
}

function formatSetup(proxies: readonly Proxy[], found: Found): string {
  const { machine, options, throughput, latency } = found;
  const { date, processor, cores, kernel, deno, wrk, versions } = machine;
  const { one, many, load } = options.cores;
  return [
    `- **Date and versions.** ${date.slice(0, 10)}. ${listVersions(proxies, versions)}; Deno ` +
    `${deno}, wrk ${wrk}.\n`,
    `- **Machine.** ${processor}, ${cores} cores, ${kernel}. A proxy with one worker runs on core ${one.join()}, ` +
    `one with several on ${many.join()}, the load and three backends on ${load.join()}.\n`,
    `- **Figures.** ${
      describeFigures(options)
    } ${NOISY} means that the machine was noisy in at least one round.\n`,
    formatList(noiseWarnings([...throughput, ...latency])),
  ].join("");
}

/** One row for each proxy, one column for each workload. */
function formatWorkloads(
  proxies: readonly Proxy[],
  runs: readonly ThroughputRun[],
  getValue: (run: ThroughputRun) => number,
  digits: number,
): string {
  if (runs.length === 0) return NOTHING;
  const usual = computeUsualCalibration(runs);
  const workloads = selectWorkloads(runs);
  const rows = groupRows(proxies, runs).map((row) => [
    named(row, usual)[0]!,
    ...workloads.map(({ key }) =>
      shown(summarize(row.runs.filter(({ workload }) => workload === key).map(getValue)), digits)
    ),
  ]);
  return `${markdown(["Proxy", ...workloads.map(({ title }) => title)], rows, 1)}\n`;
}

function formatRatios(proxies: readonly Proxy[], runs: readonly ThroughputRun[]): string {
  const divisors = proxies.filter(({ key }) => DIVISORS.includes(key));
  const rows = selectWorkloads(runs).flatMap(({ key, title }) => {
    const all = runs.filter(({ workload }) => workload === key);
    return groupRows(OWN, all).map(({ proxy, runs }) => [
      proxy.name,
      title,
      ...divisors.map((divisor) => {
        const others = all.filter((run) => run.proxy === divisor.key);
        return shown(summarize(computeRatios(runs, others, getCpu)), 2);
      }),
    ]);
  });
  if (rows.length === 0 || divisors.length === 0) return NOTHING;
  return markdown(["CPU per request", "", ...divisors.map(({ name }) => `÷ ${name}`)], rows, 2);
}

function formatList(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}.\n`).join("");
}
