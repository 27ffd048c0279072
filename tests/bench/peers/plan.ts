/** What the open-loop load is asked for, and what it answers. */
import type { WorkloadKey } from "./workloads.ts";

export interface Plan {
  readonly port: number;
  readonly workload: WorkloadKey;
  /** The certificate that is believed, as PEM, if there is one. */
  readonly authority?: string | undefined;
  /** Requests a second. */
  readonly rate: number;
  /** How long is measured, in seconds, and how long before that is not. */
  readonly seconds: number;
  readonly warmup: number;
  /** How many connections are opened before it begins, and how many there may be in all. */
  readonly connections: number;
  readonly mostConnections: number;
}

export interface Latency {
  /** How many requests were due in the time that is measured. */
  readonly requests: number;
  /** Quantiles of the latencies, by {@linkcode SHARES}, in milliseconds. */
  readonly quantiles: readonly number[];
  /** By how much this load itself was late with one request in a hundred, in milliseconds. */
  readonly late: number;
  readonly connections: number;
  /** What went wrong, the warm-up included. */
  readonly wrong: readonly string[];
}

/** Which quantiles of the latencies are taken. */
export const SHARES = [0.5, 0.99, 0.999, 1] as const;
