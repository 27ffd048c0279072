import type { BackendConfig } from "../config/model.ts";
import type { TlsOptions } from "../net/tls/tls_options.ts";
import { hashText } from "./hash.ts";
import { isUnreachable, type Standing } from "../health/ejection.ts";
import type { HealthState, MonitoredBackend } from "../health/state.ts";
import { SharedState } from "../health/shared_state.ts";
import type { ProbeState } from "../health/probe_state.ts";
import type { Latency } from "./ewma.ts";
import { type CellRecord, newRecord } from "../shared_memory/cells.ts";
import { BACKEND, WORKER_BACKEND } from "../shared_memory/layout.ts";
import { InFlightCount } from "../shared_memory/in_flight_count.ts";
import { newUid } from "../shared_memory/state.ts";

/**
 * Whether a backend gets requests, as the operator says. `draining`: only from clients that a cookie ties to
 * it. `removed`: it is in no configuration any more, and gets what has begun under an older one and has
 * nowhere else to go.
 */
const MODES = ["ready", "draining", "removed"] as const;

export type Mode = typeof MODES[number];

/** The id of a backend within its pool: its URL without `http://`. */
export function idOf(url: string): string {
  return url.replace(/^http:\/\//, "");
}

/** The URL of a backend with this id. */
export function urlOf(id: string): string {
  return id.includes("://") || id.startsWith("unix:") ? id : `http://${id}`;
}

/** One server that requests are forwarded to. Its changing state is shared by all workers. */
export class Backend implements MonitoredBackend {
  /** Stays the same over restarts and in whatever order backends are listed: see {@linkcode idOf}. */
  readonly id: string;
  /** Tells it from a backend with the same id that was taken out before. */
  readonly uid: number;
  /** The prefix that a request's path and query are appended to. */
  readonly url: string;
  readonly weight: number;
  /** The name whose address it is, if it was found by one. */
  readonly name: string | undefined;
  /** How it is spoken to over TLS, if its pool says so. */
  readonly tls: TlsOptions | undefined;
  /** Whether it takes over only if no other can be used. */
  readonly isBackup: boolean;
  /** Two hashes of the id, for consistent hashing; the second one is odd. */
  readonly hashes: readonly [number, number];
  readonly #cells: CellRecord<typeof BACKEND>;
  /** The cell of its requests in flight, for plain reads. */
  readonly #integers: Int32Array;
  readonly #index: number;
  readonly #requests: InFlightCount;
  readonly #own: CellRecord<typeof WORKER_BACKEND>;
  readonly #state: SharedState;

  /**
   * @param cells of the memory that workers share; by default its own
   * @param own cells that only this worker writes; by default its own
   * @param uid by default a new one
   */
  constructor(
    config:
      & Pick<BackendConfig, "url" | "weight">
      & Partial<BackendConfig>
      & { name?: string; tls?: TlsOptions | undefined },
    cells: CellRecord<typeof BACKEND> = newRecord(BACKEND),
    own: CellRecord<typeof WORKER_BACKEND> = newRecord(WORKER_BACKEND),
    uid: number = newUid(),
  ) {
    this.uid = uid;
    this.url = config.url;
    this.weight = config.weight;
    this.name = config.name;
    this.tls = config.tls;
    this.isBackup = config.backup ?? false;
    this.id = idOf(config.url);
    this.hashes = [hashText(this.id), hashText(this.id, 1) | 1];
    this.#cells = cells;
    ({ integers: this.#integers, index: this.#index } = cells.inFlight);
    this.#requests = new InFlightCount(cells.inFlight, own.inFlight);
    this.#own = own;
    this.#state = new SharedState(cells);
  }

  /**
   * Requests in flight: sent there, and their response not over. Policies compare up to a thousand of these
   * per pick, so it is a plain read, which may be a moment old: an atomic read takes ten times as long,
   * one through other objects three times (tests/bench/policies_bench.ts).
   */
  get inFlight(): number {
    return this.#integers[this.#index]!;
  }

  /** Counts one more in flight, unless there are `max` already. @returns whether it was counted */
  acquire(max = Infinity): boolean {
    return this.#requests.acquire(max);
  }

  /** Counts one less in flight. */
  release(): void {
    this.#requests.release();
  }

  /** All workers see a change at the next request, once the pool's generation has changed. */
  get mode(): Mode {
    return MODES[this.#cells.mode.value]!;
  }

  set mode(mode: Mode) {
    this.#cells.mode.value = MODES.indexOf(mode);
  }

  /** Counts one more attempt. */
  countAttempt(): void {
    this.#own.attempts.value++;
  }

  /** Counts one more attempt that it is to blame for. */
  countFailure(): void {
    this.#own.failures.value++;
  }

  /** How long its answers take; undefined if that is not measured or not known yet. */
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

  /** Its health. Only the holder of the pool's lock writes it. */
  get state(): HealthState {
    return this.#state.current;
  }

  set state(state: HealthState) {
    this.#state.write(state);
  }

  /** Its health by its own answers. */
  get standing(): Standing {
    return this.#state.current.standing;
  }

  /** Its health by its probes. */
  get probed(): ProbeState {
    return this.#state.current.probed;
  }

  /** Whether it is known that it cannot be connected to: lib/health/ejection.ts. */
  get unreachable(): boolean {
    return isUnreachable(this.#state.current.standing);
  }

  /** Whether it is neither ejected nor found down by probes. */
  get usable(): boolean {
    const { standing, probed } = this.#state.current;
    return standing.phase === "in" && probed.up;
  }
}
