/** The command line of the peers bench: what is measured, how often, and where. */
import { parseArgs } from "node:util";
import { type CorePlan, coresIn, defaultCores } from "./core_plan.ts";
import { PROXIES } from "./proxies.ts";
import { WORKLOAD_KEYS, type WorkloadKey } from "./workloads.ts";

export const MEASURES = ["throughput", "latency", "memory"] as const;
export type Measure = (typeof MEASURES)[number];

export interface Options {
  readonly rounds: number;
  /** Length of one measurement, and of the load before the first one of each kind. */
  readonly seconds: number;
  readonly warmup: number;
  /** Of the load for throughput. */
  readonly connections: number;
  /** Requests a second of the load for latency. */
  readonly rate: number;
  /** Keys of proxies. */
  readonly only: readonly string[];
  readonly workloads: readonly WorkloadKey[];
  readonly latencyWorkloads: readonly WorkloadKey[];
  readonly measures: readonly Measure[];
  /** Numbers of workers, each of which makes a contender of each proxy. */
  readonly workers: readonly number[];
  readonly cores: CorePlan;
  /** A file for all runs. */
  readonly json: string | undefined;
}

/** The command line is not right. */
export class UsageError extends Error {
  override name = "UsageError";
}

const KEYS = PROXIES.map(({ key }) => key);

export const HELP = `Use: deno task bench:peers [flags]

Measures this balancer beside other proxies. What is not installed is left out. Without flags it
takes about half an hour where there are six proxies. Lists are separated by commas.

  --rounds N            how often everything is measured (5)
  --seconds N           how long each measurement takes (2)
  --warmup N            how long each proxy is warmed up for each workload, in seconds (3)
  --connections N       of the load for throughput (64)
  --rate N              requests a second of the load for latency (2000)
  --only LIST           of ${KEYS.join()} (all)
  --workloads LIST      of ${WORKLOAD_KEYS.join()} (all)
  --latency-workloads LIST  those whose latency is measured (small)
  --measure LIST        of ${MEASURES.join()} (all)
  --workers LIST        numbers of workers, each measured (1, and as many as there are cores for many)
  --proxy-cores LIST    where a proxy with one worker runs, 0 or 0-3,6
  --proxy-cores-many LIST  where one with more of them runs
  --load-cores LIST     where the load and the backends run
  --json FILE           writes all runs there
  --help

With four cores or more the load has the second half of them, proxies the first, and one worker the first one
of all. With fewer, one worker has the first, the load all others, and several workers share them with it.
`;

const TEXT = { type: "string" } as const;
const FLAGS = {
  rounds: TEXT,
  seconds: TEXT,
  warmup: TEXT,
  connections: TEXT,
  rate: TEXT,
  only: TEXT,
  workloads: TEXT,
  "latency-workloads": TEXT,
  measure: TEXT,
  workers: TEXT,
  "proxy-cores": TEXT,
  "proxy-cores-many": TEXT,
  "load-cores": TEXT,
  json: TEXT,
  help: { type: "boolean" },
} as const;

/** @param allowed the cores of this machine @returns "help" where that is asked for @throws {UsageError} */
export function readOptions(args: readonly string[], allowed: readonly number[]): Options | "help" {
  const values = valuesOf(args);
  if (values.help) return "help";
  const usual = defaultCores(allowed);
  const coresOf = (
    name: "proxy-cores" | "proxy-cores-many" | "load-cores",
    else_: readonly number[],
  ) => values[name] === undefined ? else_ : cores(name, values[name], allowed);
  const plan: CorePlan = {
    one: coresOf("proxy-cores", usual.one),
    many: coresOf("proxy-cores-many", usual.many),
    load: coresOf("load-cores", usual.load),
  };
  const number = (name: keyof typeof values, usual: number) =>
    wholeNumber(name, String(values[name] ?? usual));
  const words = <Word extends string>(
    name: keyof typeof values,
    known: readonly Word[],
    usual = known,
  ) => values[name] === undefined ? usual : list(name, String(values[name]), known);
  return {
    rounds: number("rounds", 5),
    seconds: number("seconds", 2),
    warmup: number("warmup", 3),
    connections: number("connections", 64),
    rate: number("rate", 2000),
    only: words("only", KEYS),
    workloads: words("workloads", WORKLOAD_KEYS),
    latencyWorkloads: words("latency-workloads", WORKLOAD_KEYS, ["small"]),
    measures: words("measure", MEASURES),
    workers: values.workers === undefined
      ? [...new Set([1, plan.many.length])]
      : [...new Set(values.workers.split(",").map((text) => wholeNumber("workers", text)))],
    cores: plan,
    json: values.json,
  };
}

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // what parseArgs throws at a wrong command line
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
  const cores = coresIn(text);
  if (cores.length > 0 && cores.every((core) => allowed.includes(core))) return cores;
  throw wrong(name, `it must be a list of the cores ${allowed.join()}, as 0 or 0-3,6`, text);
}

function wrong(name: string, why: string, value: string): UsageError {
  return new UsageError(`Cannot use --${name} as ${why}: current value is ${value || "empty"}`);
}
