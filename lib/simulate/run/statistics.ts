/** Counts what happens in a run, and summarizes it. */
import { type Latencies, SLICES, type Summary } from "./summary.ts";

/** What is known of a run before it begins. */
export interface RunFacts {
  readonly policy: string;
  /** The names of the backends. */
  readonly names: readonly string[];
  /** How many requests arrive. */
  readonly requests: number;
  /** The time of the last arrival. */
  readonly durationMs: number;
}

export class Statistics {
  /** How often a backend was ejected for its answers. */
  ejections = 0;
  /** How often probes took a backend down. */
  downs = 0;
  readonly #policy: string;
  /** In milliseconds; the first {@linkcode #answered} are filled. */
  readonly #latencies: Float64Array;
  #answered = 0;
  #retries = 0;
  readonly #errorKinds = new Map<string, number>();
  readonly #loads: readonly BackendLoad[];
  readonly #sliceMs: number;

  constructor({ policy, names, requests, durationMs }: RunFacts) {
    this.#policy = policy;
    this.#latencies = new Float64Array(requests);
    this.#loads = names.map((name) => ({
      name,
      attempts: 0,
      peakInFlight: 0,
      slices: new Array<number>(SLICES).fill(0),
    }));
    this.#sliceMs = durationMs / SLICES;
  }

  /**
   * Counts an attempt that begins.
   *
   * @param index of its backend
   * @param attempt its number among those of its request, from 1
   * @param inFlight at its backend, this attempt included
   * @param now in milliseconds since the run began
   */
  countAttempt(index: number, attempt: number, inFlight: number, now: number): void {
    const load = this.#loads[index]!;
    if (attempt > 1) this.#retries++;
    load.attempts++;
    load.peakInFlight = Math.max(load.peakInFlight, inFlight);
    // Retries after the last arrival belong to the last slice.
    const slice = now > 0 ? Math.min(SLICES - 1, Math.floor(now / this.#sliceMs)) : 0;
    load.slices[slice]!++;
  }

  /** Counts a request that was answered with a status below 500. */
  countAnswer(latencyMs: number): void {
    this.#latencies[this.#answered++] = latencyMs;
  }

  /** Counts a request that failed. @param kind a short description of the failure */
  countError(kind: string): void {
    this.#errorKinds.set(kind, (this.#errorKinds.get(kind) ?? 0) + 1);
  }

  summarize(): Summary {
    const requests = this.#latencies.length;
    const errors = requests - this.#answered;
    const attempts = this.#loads.reduce((sum, load) => sum + load.attempts, 0);
    return {
      policy: this.#policy,
      requests,
      answered: this.#answered,
      latency: summarizeLatencies(this.#latencies.slice(0, this.#answered)),
      errors,
      errorShare: errors / requests,
      errorKinds: Object.fromEntries([...this.#errorKinds].sort()),
      retries: this.#retries,
      retryShare: this.#retries / requests,
      ejections: this.ejections,
      downs: this.downs,
      backends: this.#loads.map(({ name, attempts: own, peakInFlight, slices }) => (
        { name, attempts: own, share: attempts === 0 ? 0 : own / attempts, peakInFlight, slices }
      )),
    };
  }
}

interface BackendLoad {
  readonly name: string;
  attempts: number;
  peakInFlight: number;
  readonly slices: number[];
}

/** Exact percentiles by nearest rank: the least latency that this share of all does not exceed. */
function summarizeLatencies(latencies: Float64Array): Latencies | null {
  if (latencies.length === 0) return null;
  const mean = latencies.reduce((sum, latency) => sum + latency, 0) / latencies.length;
  latencies.sort();
  // In tenths of a percent, so that the product is a whole number: 99.9 * 1000 is not.
  const at = (perMille: number) => latencies[Math.ceil(latencies.length * perMille / 1000) - 1]!;
  return { mean, p50: at(500), p90: at(900), p99: at(990), p999: at(999), max: at(1000) };
}
