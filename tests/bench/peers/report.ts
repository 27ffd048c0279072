/** All that the peers bench found, as a page of Markdown and as JSON. */
import { coresFor, isShared } from "./core_plan.ts";
import { median } from "../quantiles.ts";
import type { LatencyRun } from "./latencies.ts";
import type { Machine } from "./machine.ts";
import type { MemoryRun } from "./memories.ts";
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
  /** What is missing, and why. */
  readonly leftOut: readonly string[];
  /** What went wrong. */
  readonly failures: readonly string[];
}

/** A proxy that is less busy than this was waiting for the load or for the backends. */
const BUSY = 0.9;
/**
 * How late the load may be with one request in a hundred before its latencies are doubted, in milliseconds.
 */
const LATE = 1;

/** @param proxies those that took part */
export function reportOf(proxies: readonly Proxy[], found: Found): string {
  const { options, throughput, latency, memory, failures, leftOut } = found;
  return [
    headOf(proxies, found),
    throughputTables(proxies, throughput),
    comparison(proxies, throughput),
    latencyTables(proxies, latency, options.rate),
    memoryTable(proxies, memory),
    listOf("Left out", leftOut),
    listOf("Warnings", warningsOf(found)),
    listOf("Failures", failures),
  ].join("");
}

export function jsonOf(found: Found): string {
  return `${JSON.stringify({ ...found, warnings: warningsOf(found) }, undefined, 2)}\n`;
}

export function warningsOf({ options, throughput, latency }: Found): string[] {
  const { cores } = options;
  const late = latency.filter(({ through, direct }) => Math.max(through.late, direct.late) > LATE);
  const measurements = [...throughput, ...latency];
  return [
    ...noiseWarnings(measurements),
    ...(options.workers.some((workers) => workers === 1) && isShared(cores, cores.one)
      ? ["One worker, the load and the backends shared cores"]
      : []),
    ...(options.workers.some((workers) => workers > 1) && isShared(cores, cores.many)
      ? [
        "Several workers, the load and the backends shared cores: compare proxies, not numbers of workers",
      ]
      : []),
    ...idleWarnings(
      throughput.filter(({ workers }) => !isShared(cores, coresFor(cores, workers))),
    ),
    ...(late.length === 0 ? [] : [
      `The load for latency was itself late by more than ${LATE} ms for 1 request in 100, in ${late.length} of ` +
      `${latency.length} measurements: their p99 and p99.9 are not the proxy's`,
    ]),
  ];
}

/** Of proxies that were not what was slowest. */
function idleWarnings(runs: readonly ThroughputRun[]): string[] {
  return WORKLOADS.flatMap(({ key, title }) => {
    const ofWorkload = runs.filter(({ workload }) => workload === key);
    const byContender = Map.groupBy(ofWorkload, ({ proxy, workers }) => `${proxy} × ${workers}`);
    const idle = [...byContender]
      .map(([name, runs]) => ({ name, busy: median(runs.map(({ busy }) => busy)) }))
      .filter(({ busy }) => busy < BUSY)
      .map(({ name, busy }) => `${name} ${(100 * busy).toFixed(0)} %`);
    return idle.length === 0 ? [] : [
      `${title}: some proxies were not busy all the time, as load or backends were slower than they; their requests ` +
      `a second say little, CPU per request counts: ${idle.join(", ")}`,
    ];
  });
}

function headOf(proxies: readonly Proxy[], { machine, options }: Found): string {
  const { date, processor, cores, kernel, deno, wrk, versions } = machine;
  const { rounds, seconds, connections, cores: on } = options;
  const names = proxies.map(({ name }) => `${name} ${versions[name]}`).join(", ");
  return `${
    date.slice(0, 10)
  }, ${processor}, ${cores} cores, ${kernel}, Deno ${deno}, wrk ${wrk}; ` +
    `${names}.\n\nMedians of ${rounds} rounds of ${seconds} s, in brackets the least and the most; throughput with ` +
    `${connections} connections. Cores: ${on.one.join()} for one worker, ${on.many.join()} for several, ${on.load.join()} ` +
    `for load and backends. ${NOISY} the machine was noisy in at least one round.

`;
}

function listOf(title: string, lines: readonly string[]): string {
  return lines.length === 0
    ? ""
    : `### ${title}\n\n${lines.map((line) => `- ${line}\n`).join("")}\n`;
}
