/** The input and the output of the open-loop load, open_loop.ts. */
import type { WorkloadKey } from "./workloads.ts";

export interface Plan {
  readonly port: number;
  readonly workload: WorkloadKey;
  /** The trusted certificate, as PEM, if there is one. */
  readonly authority?: string | undefined;
  /** Requests a second. */
  readonly rate: number;
  /** How long requests are measured, in seconds, and how long they are sent before that. */
  readonly seconds: number;
  readonly warmup: number;
  /** How many connections are opened before the load begins, and the most that may be open. */
  readonly connections: number;
  readonly mostConnections: number;
}

export interface Latency {
  /** How many requests were measured. */
  readonly requests: number;
  /** Quantiles of the latencies, by {@linkcode SHARES}, in milliseconds. */
  readonly quantiles: readonly number[];
  /** The 99th percentile of how late the load itself started its requests, in milliseconds. */
  readonly late: number;
  readonly connections: number;
  /** What went wrong, the warm-up included. */
  readonly wrong: readonly string[];
}

/** The quantiles of latency that are computed. */
export const SHARES = [0.5, 0.99, 0.999, 1] as const;
