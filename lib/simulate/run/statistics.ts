/** What the clients of a simulated run saw, and what its backends bore. */

/** Slices of a run, in which attempts are counted. */
export const SLICES = 40;

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
  /** Of all attempts, 0 to 1. */
  readonly share: number;
  /** The most that were in flight at a time. */
  readonly peakInFlight: number;
  /** Attempts begun in each slice of the run. */
  readonly slices: readonly number[];
}

/** All figures of one run; shares are of all requests, 0 to 1. */
export interface Summary {
  readonly policy: string;
  readonly requests: number;
  readonly answered: number;
  /** Null where nothing was answered. */
  readonly latency: Latencies | null;
  readonly errors: number;
  readonly errorShare: number;
  /** How many there were of each kind, by its name. */
  readonly errorKinds: Readonly<Record<string, number>>;
  readonly retries: number;
  readonly retryShare: number;
  /** How often a backend was ejected for its answers. */
  readonly ejections: number;
  /** How often probes took a backend down. */
  readonly downs: number;
  readonly backends: readonly BackendSummary[];
}

/** Counts as a run goes on. */
export class Figures {
  ejections = 0;
  downs = 0;
  readonly #policy: string;
  readonly #latencies: Float64Array;
  #answered = 0;
  #retries = 0;
  readonly #errorKinds = new Map<string, number>();
  readonly #loads: readonly Load[];
  readonly #sliceLength: number;

  /**
   * @param names of the backends
   * @param requests how many there are in all
   * @param length of the run until the last request comes, in milliseconds
   */
  constructor(policy: string, names: readonly string[], requests: number, length: number) {
    this.#policy = policy;
    this.#latencies = new Float64Array(requests);
    this.#loads = names.map((name) => ({
      name,
      attempts: 0,
      peakInFlight: 0,
      slices: new Array<number>(SLICES).fill(0),
    }));
    this.#sliceLength = length / SLICES;
  }

  /**
   * An attempt has begun.
   *
   * @param place of its backend in the list
   * @param number which attempt of its request it is, from 1
   * @param inFlight at that backend, with this one
   */
  attempt(place: number, number: number, inFlight: number, now: number): void {
    const load = this.#loads[place]!;
    if (number > 1) this.#retries++;
    load.attempts++;
    load.peakInFlight = Math.max(load.peakInFlight, inFlight);
    // What comes after the last request are retries of it and others: they belong to the last slice.
    const slice = now > 0 ? Math.min(SLICES - 1, Math.floor(now / this.#sliceLength)) : 0;
    load.slices[slice]!++;
  }

  /** A request was answered with a status under 500. */
  answered(milliseconds: number): void {
    this.#latencies[this.#answered++] = milliseconds;
  }

  /** A request came to an error. @param kind in one or two words */
  error(kind: string): void {
    this.#errorKinds.set(kind, (this.#errorKinds.get(kind) ?? 0) + 1);
  }

  summary(): Summary {
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

/** What a backend bears. */
interface Load {
  readonly name: string;
  attempts: number;
  peakInFlight: number;
  readonly slices: number[];
}

/** Exact percentiles, by the nearest rank: the least that such a share of all do not exceed. */
function summarizeLatencies(latencies: Float64Array): Latencies | null {
  if (latencies.length === 0) return null;
  const mean = latencies.reduce((sum, latency) => sum + latency, 0) / latencies.length;
  latencies.sort();
  // Per mille and not per cent, so that ranks are whole numbers wherever they can be.
  const at = (perMille: number) => latencies[Math.ceil(latencies.length * perMille / 1000) - 1]!;
  return { mean, p50: at(500), p90: at(900), p99: at(990), p999: at(999), max: at(1000) };
}
