/** The command line of the peers bench: what is measured, how often, and where. */
import { parseArgs } from "node:util";
import { type CorePlan, defaultCores, parseCores } from "./core_plan.ts";
import { PROXIES } from "./proxies.ts";
import { WORKLOAD_KEYS, type WorkloadKey } from "./workloads.ts";

export const MEASURES = ["throughput", "latency", "memory"] as const;
export type Measure = (typeof MEASURES)[number];

export interface Options {
  readonly rounds: number;
  /** Length of one measurement, and of the load before the first one of each workload, in seconds. */
  readonly seconds: number;
  readonly warmup: number;
  /** As `seconds`, of a measurement of latency. */
  readonly latencySeconds: number;
  readonly connections: number;
  /** Requests a second of the load for latency, which is measured at each of them. */
  readonly rates: readonly number[];
  /** Keys of proxies. */
  readonly only: readonly string[];
  readonly workloads: readonly WorkloadKey[];
  readonly measures: readonly Measure[];
  /** Numbers of workers; each proxy is measured with each of them. */
  readonly workers: readonly number[];
  readonly cores: CorePlan;
  /** The file that all runs are written to. */
  readonly json: string | undefined;
  /** The page that the tables are written into. */
  readonly docs: string | undefined;
}

/** The command line is malformed. */
export class UsageError extends Error {
  override name = "UsageError";
}

const KEYS = PROXIES.map(({ key }) => key);

export const HELP = `Use: deno task bench:peers [flags]

Compares this balancer with other proxies. Proxies that are not installed are left out. Measuring
latency needs go, with which its load is built. With all proxies, one round of one second each
(--rounds 1 --seconds 1 --latency-seconds 1 --warmup 1) takes about 6 minutes, and more rounds or
seconds take accordingly more. The default is in brackets; lists are separated by commas.

  --rounds N            how often everything is measured; memory at most 3 times (5)
  --seconds N           length of each measurement, in seconds (2)
  --latency-seconds N   length of each measurement of latency, in seconds (5)
  --warmup N            load on each proxy before each measurement, in seconds (3)
  --connections N       connections of the load (64)
  --rates LIST          requests per second of the latency load (2000,10000)
  --only LIST           proxies to measure: ${KEYS.join()} (all)
  --workloads LIST      workloads for throughput: ${WORKLOAD_KEYS.join()} (all)
  --measure LIST        what to measure: ${MEASURES.join()} (all)
  --workers LIST        numbers of workers to measure (1, and the number of --proxy-cores-many)
  --proxy-cores LIST    cores of a proxy with one worker, such as 0 or 0-3,6
  --proxy-cores-many LIST  cores of a proxy with several workers
  --load-cores LIST     cores of the load and the backends
  --json FILE           file to write all runs to
  --docs FILE           page to write the tables into, between its markers: docs/performance.md
  --help                show this help

On four cores or more, a proxy runs on the first half of the cores, with one worker only on the first core, and
the load on the second half. On fewer, a proxy with one worker runs on the first core and the load on the others;
a proxy with several workers runs on all cores and shares them with the load.
`;

const TEXT = { type: "string" } as const;
const FLAGS = {
  rounds: TEXT,
  seconds: TEXT,
  "latency-seconds": TEXT,
  warmup: TEXT,
  connections: TEXT,
  rates: TEXT,
  only: TEXT,
  workloads: TEXT,
  measure: TEXT,
  workers: TEXT,
  "proxy-cores": TEXT,
  "proxy-cores-many": TEXT,
  "load-cores": TEXT,
  json: TEXT,
  docs: TEXT,
  help: { type: "boolean" },
} as const;

/**
 * @param allowed the cores of this machine
 * @returns the options, or "help" if `--help` is among the arguments
 * @throws {UsageError} if the command line is malformed
 */
export function readOptions(args: readonly string[], allowed: readonly number[]): Options | "help" {
  const values = parseFlags(args);
  if (values.help) return "help";
  const usual = defaultCores(allowed);
  const chooseCores = (
    name: "proxy-cores" | "proxy-cores-many" | "load-cores",
    else_: readonly number[],
  ) => values[name] === undefined ? else_ : cores(name, values[name], allowed);
  const plan: CorePlan = {
    one: chooseCores("proxy-cores", usual.one),
    many: chooseCores("proxy-cores-many", usual.many),
    load: chooseCores("load-cores", usual.load),
  };
  const number = (name: keyof typeof values, usual: number) =>
    wholeNumber(name, String(values[name] ?? usual));
  const numbers = (name: "rates" | "workers", usual: readonly number[]) => [
    ...new Set(values[name]?.split(",").map((text) => wholeNumber(name, text)) ?? usual),
  ];
  const words = <Word extends string>(name: keyof typeof values, known: readonly Word[]) =>
    values[name] === undefined ? known : list(name, String(values[name]), known);
  return {
    rounds: number("rounds", 5),
    seconds: number("seconds", 2),
    latencySeconds: number("latency-seconds", 5),
    warmup: number("warmup", 3),
    connections: number("connections", 64),
    rates: numbers("rates", [2_000, 10_000]),
    only: words("only", KEYS),
    workloads: words("workloads", WORKLOAD_KEYS),
    measures: words("measure", MEASURES),
    workers: numbers("workers", [1, plan.many.length]),
    cores: plan,
    json: values.json,
    docs: values.docs,
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // parseArgs throws it for a malformed command line
    throw new UsageError(`Cannot understand the command line: ${error.message}`);
  }
}

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw wrong(name, "it must be a whole number, 1 or more", text);
}

function list<Word extends string>(
  name: string,
  text: string,
  known: readonly Word[],
): readonly Word[] {
  const words = text.split(",");
  const unknown = words.find((word) => !known.some((one) => one === word));
  if (unknown !== undefined) {
    throw wrong(name, `there is no "${unknown}", only ${known.join(", ")}`, text);
  }
  return known.filter((word) => words.includes(word));
}

function cores(name: string, text: string, allowed: readonly number[]): readonly number[] {
  const cores = parseCores(text);
  if (cores.length > 0 && cores.every((core) => allowed.includes(core))) return cores;
  throw wrong(name, `it must be a list of the cores ${allowed.join()}, as 0 or 0-3,6`, text);
}

function wrong(name: string, why: string, value: string): UsageError {
  return new UsageError(`Cannot use --${name} as ${why}: current value is ${value || "empty"}`);
}
