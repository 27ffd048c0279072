import type { BackendConfig } from "../config/model.ts";
import { hashOf } from "./hash.ts";
import type { Standing } from "../health/ejection.ts";
import type { HealthState, MonitoredBackend } from "../health/state.ts";
import { SharedState } from "../health/shared_state.ts";
import type { ProbeState } from "../health/probe_state.ts";
import type { Latency } from "./ewma.ts";
import { type CellRecord, newRecord } from "../shared_memory/cells.ts";
import { BACKEND, WORKER_BACKEND } from "../shared_memory/layout.ts";
import { InFlightCount } from "../shared_memory/in_flight_count.ts";

/** One server that requests are forwarded to. What may change of it, its pool changes, for all workers. */
export class Backend implements MonitoredBackend {
  /** Stays the same over restarts and over changes of the list's order: the URL without `http://`. */
  readonly id: string;
  /** The prefix that a request's path and query are appended to. */
  readonly url: string;
  readonly weight: number;
  /** Two numbers made of its id; the second one is odd. */
  readonly hashes: readonly [number, number];
  readonly #cells: CellRecord<typeof BACKEND>;
  /** Where its requests in flight are counted. */
  readonly #integers: Int32Array;
  readonly #index: number;
  readonly #requests: InFlightCount;
  readonly #state: SharedState;

  /**
   * @param cells of the memory that workers share; by default its own
   * @param own cells of this worker
   */
  constructor(
    config: BackendConfig,
    cells: CellRecord<typeof BACKEND> = newRecord(BACKEND),
    own: CellRecord<typeof WORKER_BACKEND> = newRecord(WORKER_BACKEND),
  ) {
    this.url = config.url;
    this.weight = config.weight;
    this.id = config.url.replace(/^http:\/\//, "");
    this.hashes = [hashOf(this.id), hashOf(this.id, 1) | 1];
    this.#cells = cells;
    ({ integers: this.#integers, index: this.#index } = cells.inFlight);
    this.#requests = new InFlightCount(cells.inFlight, own.inFlight);
    this.#state = new SharedState(cells);
  }

  /**
   * Requests sent there whose response is not over, a moment ago. Policies compare a thousand of these:
   * an atomic read takes ten times as long, and one by way of other objects three times
   * (tests/bench/policies_bench.ts).
   */
  get inFlight(): number {
    return this.#integers[this.#index]!;
  }

  /** One more in flight, unless there are so many. @returns whether it was counted */
  acquire(most = Infinity): boolean {
    return this.#requests.acquire(most);
  }

  /** One less in flight. */
  release(): void {
    this.#requests.release();
  }

  /** How long its answers take; undefined where nobody measures it, or nothing is known. */
  get latency(): Latency | undefined {
    const average = this.#cells.latency.value;
    return Number.isNaN(average) ? undefined : { average, at: this.#cells.latencyAt.value };
  }

  set latency(latency: Latency | undefined) {
    this.#cells.latencyAt.value = latency?.at ?? 0;
    this.#cells.latency.value = latency?.average ?? NaN;
  }

  forgetLatency(): void {
    this.latency = undefined;
  }

  /** Where it stands. Written by whoever holds the lock of its pool. */
  get state(): HealthState {
    return this.#state.current;
  }

  set state(state: HealthState) {
    this.#state.write(state);
  }

  /** What its own answers say of it. */
  get standing(): Standing {
    return this.#state.current.standing;
  }

  /** What its probes say of it. */
  get probed(): ProbeState {
    return this.#state.current.probed;
  }

  /** Whether it gets requests as a matter of course. */
  get usable(): boolean {
    const { standing, probed } = this.#state.current;
    return standing.phase === "in" && probed.up;
  }
}
