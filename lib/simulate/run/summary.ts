/**
 * The results of one run: what clients saw, and how the backends were loaded. Shares are 0 to 1.
 */

/** A run is divided into this many slices of equal length, in which attempts are counted. */
export const SLICES = 40;

export interface Summary {
  readonly policy: string;
  readonly requests: number;
  readonly answered: number;
  /** Null if no request was answered. */
  readonly latency: Latencies | null;
  readonly errors: number;
  /** Of all requests. */
  readonly errorShare: number;
  /** How many errors there were of each kind. */
  readonly errorKinds: Readonly<Record<string, number>>;
  readonly retries: number;
  /** Retries as a share of all requests. */
  readonly retryShare: number;
  /** How often a backend was ejected for its answers. */
  readonly ejections: number;
  /** How often probes took a backend down. */
  readonly downs: number;
  readonly backends: readonly BackendSummary[];
}

/** Of answered requests, in milliseconds. */
export interface Latencies {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface BackendSummary {
  readonly name: string;
  readonly attempts: number;
  /** Of the attempts at all backends. */
  readonly share: number;
  /** The most requests that were in flight at a time. */
  readonly peakInFlight: number;
  /** The attempts that began in each slice of the run. */
  readonly slices: readonly number[];
}
