/** Formats the results of the peers bench, as Markdown and as JSON. */
import { coresFor, isShared } from "./core_plan.ts";
import { median } from "../quantiles.ts";
import type { LatencyRun } from "./latencies.ts";
import type { Machine } from "./machine.ts";
import { memoryRounds, type MemoryRun } from "./memories.ts";
import { noiseWarnings } from "./noise.ts";
import type { Options } from "./options.ts";
import type { Proxy } from "./proxy.ts";
import { comparison, latencyTables, memoryTable, NOISY, throughputTables } from "./tables.ts";
import type { ThroughputRun } from "./throughput.ts";
import { WORKLOADS } from "./workloads.ts";

export interface Found {
  readonly machine: Machine;
  readonly options: Options;
  readonly throughput: readonly ThroughputRun[];
  readonly latency: readonly LatencyRun[];
  readonly memory: readonly MemoryRun[];
  /** What was not measured, and why. */
  readonly leftOut: readonly string[];
  /** What went wrong. */
  readonly failures: readonly string[];
}

/** A proxy that used less than this share of its cores was waiting for the load or the backends. */
const MIN_BUSY_SHARE = 0.9;
/** If the load itself sends more than one request in a hundred later than this, latencies are unreliable. */
const MAX_LATE_US = 1_000;

/** @param proxies those that were measured */
export function formatReport(proxies: readonly Proxy[], found: Found): string {
  const { throughput, latency, memory, failures, leftOut } = found;
  return [
    formatHead(proxies, found),
    throughputTables(proxies, throughput),
    comparison(proxies, throughput),
    latencyTables(proxies, latency),
    memory.length === 0 ? "" : `### Memory\n\n${memoryTable(proxies, memory)}\n`,
    formatList("Left out", leftOut),
    formatList("Warnings", findWarnings(found)),
    formatList("Failures", failures),
  ].join("");
}

export function formatJson(found: Found): string {
  return `${JSON.stringify({ ...found, warnings: findWarnings(found) }, undefined, 2)}\n`;
}

export function findWarnings({ options, throughput, latency }: Found): string[] {
  const { cores } = options;
  const late = latency.filter(({ late }) => late[0]! > MAX_LATE_US);
  const measurements = [...throughput, ...latency];
  return [
    ...noiseWarnings(measurements),
    ...(options.workers.some((workers) => workers === 1) && isShared(cores, cores.one)
      ? ["With one worker, the proxies shared cores with the load and the backends"]
      : []),
    ...(options.workers.some((workers) => workers > 1) && isShared(cores, cores.many)
      ? [
        "With several workers, the proxies shared cores with the load and the backends: compare proxies with " +
        "each other, but not one worker with several",
      ]
      : []),
    ...idleWarnings(
      throughput.filter(({ workers }) => !isShared(cores, coresFor(cores, workers))),
    ),
    ...(late.length === 0 ? [] : [
      `In ${late.length} of ${latency.length} latency measurements the load itself sent 1 request in 100 more ` +
      `than ${MAX_LATE_US / 1000} ms late: their p99 and p99.9 do not measure the proxy alone`,
    ]),
  ];
}

/** Warnings about proxies that were not the bottleneck. */
export function idleWarnings(runs: readonly ThroughputRun[]): string[] {
  return WORKLOADS.flatMap(({ key, title }) => {
    const ofWorkload = runs.filter(({ workload }) => workload === key);
    const byContender = Map.groupBy(ofWorkload, ({ proxy, workers }) => `${proxy} × ${workers}`);
    const idle = [...byContender]
      .map(([name, runs]) => ({ name, busy: median(runs.map(({ busy }) => busy)) }))
      .filter(({ busy }) => busy < MIN_BUSY_SHARE)
      .map(({ name, busy }) => `${name} ${(100 * busy).toFixed(0)} %`);
    return idle.length === 0 ? [] : [
      `${title}: some proxies were not busy all the time, as the load or the backends were the bottleneck; compare ` +
      `their CPU per request instead of their requests per second: ${idle.join(", ")}`,
    ];
  });
}

function formatHead(proxies: readonly Proxy[], { machine, options }: Found): string {
  const { date, processor, cores, kernel, deno, wrk, versions } = machine;
  const { cores: on } = options;
  return `${
    date.slice(0, 10)
  }, ${processor}, ${cores} cores, ${kernel}, Deno ${deno}, wrk ${wrk}; ` +
    `${listVersions(proxies, versions)}.\n\n${
      describeFigures(options)
    } Cores: ${on.one.join()} for one worker, ` +
    `${on.many.join()} for several, ${on.load.join()} for the load and the backends. ${NOISY} means that the machine ` +
    `was noisy in at least one round.

`;
}

export function listVersions(proxies: readonly Proxy[], versions: Machine["versions"]): string {
  return proxies.map(({ name }) => `${name} ${versions[name]}`).join(", ");
}

export function describeFigures(options: Options): string {
  const { rounds, seconds, latencySeconds, connections } = options;
  return `Each figure is the median of ${rounds} rounds of ${seconds} s (latency: ${latencySeconds} s; memory: ` +
    `${
      memoryRounds(options)
    } rounds), with the least and the most in brackets. The load has ${connections} ` +
    "connections.";
}

function formatList(title: string, lines: readonly string[]): string {
  return lines.length === 0
    ? ""
    : `### ${title}\n\n${lines.map((line) => `- ${line}\n`).join("")}\n`;
}
