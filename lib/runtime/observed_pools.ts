/**
 * The pools as the control plane sees them: probes and connect checks report to them, and readiness depends
 * on them. What watches a backend goes on when the configuration changes.
 */
import { lookUpAddresses } from "../net/host_addresses.ts";
import type { PoolEvent } from "../health/events.ts";
import type { ServingPool } from "../routing/route.ts";
import type { SharedState } from "../shared_memory/state.ts";
import type { Clock } from "../time/clock.ts";
import { AddressWatch } from "./address_watch.ts";
import { startConnectChecking } from "./connect_checking.ts";
import { createPools } from "./pools.ts";
import { Probing } from "./probing.ts";
import type { ResolvedConfiguration } from "./revision.ts";

export interface ObservedPoolsOptions {
  /** How many share the memory, the control plane included. */
  readonly workers: number;
  readonly clock: Clock;
  /** @param pool its name */
  readonly onEvent: (event: PoolEvent, pool: string) => void;
  readonly onWarning: (warning: string) => void;
  /** Called with the URL of a backend when a connect check has failed. */
  readonly onConnectFailed: (url: string) => void;
}

/** The control plane's number among those who share the memory; workers have 1 and up. */
const CONTROL_PLANE_NUMBER = 0;

export class ObservedPools implements AsyncDisposable {
  readonly #options: ObservedPoolsOptions;
  readonly #addresses: AddressWatch;
  readonly #watched = new Map<string, WatchedPool>();
  readonly #ending = new Set<Promise<void>>();
  #pools: ReadonlyMap<string, ServingPool> = new Map();
  #isWatching = false;

  constructor(options: ObservedPoolsOptions) {
    const { clock: { wheel }, onWarning } = options;
    this.#options = options;
    this.#addresses = new AddressWatch({ lookUp: lookUpAddresses, wheel, onWarning });
  }

  /** By their names. */
  get all(): ReadonlyMap<string, ServingPool> {
    return this.#pools;
  }

  /** Whether any pool has a usable backend: as long as one has, requests should come here. */
  get isUsable(): boolean {
    return [...this.#pools.values()].some(({ pool }) => pool.usable);
  }

  /** How many requests are in flight at a backend; 0 if there is none. @param url its own */
  inFlightAt(pool: string, url: string): number {
    const backends = this.#pools.get(pool)?.pool.backends ?? [];
    return backends.find((backend) => backend.url === url)?.inFlight ?? 0;
  }

  /** Observes the pools of a configuration from now on. */
  async update(config: ResolvedConfiguration, state: SharedState): Promise<void> {
    const { workers, clock, onEvent } = this.#options;
    this.#pools = await createPools(config, state, {
      workers,
      worker: CONTROL_PLANE_NUMBER,
      isTrusted: () => false, // it sees no requests
      clock,
      onEvent,
    });
    if (this.#isWatching) this.watch();
  }

  /** Finds out about the backends of these pools, and of those that follow. */
  watch(): void {
    this.#isWatching = true;
    for (const [name, watched] of this.#watched) {
      if (this.#pools.has(name)) continue;
      this.#watched.delete(name);
      this.#end(watched);
    }
    for (const [name, serving] of this.#pools) {
      const watched = this.#watched.get(name);
      if (watched !== undefined) watched.update(serving);
      else this.#watched.set(name, new WatchedPool(serving, this.#options));
    }
    const backends = [...this.#pools.values()].flatMap(({ pool }) => pool.backends);
    this.#addresses.watch(backends);
  }

  /** Gives up the trials of a worker that has died. @param worker its number */
  abandon(worker: number): void {
    for (const { pool } of this.#pools.values()) pool.abandon(worker);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const watched of this.#watched.values()) this.#end(watched);
    await Promise.all(this.#ending);
  }

  #end(watched: WatchedPool): void {
    const ending = watched[Symbol.asyncDispose]().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

/** What finds out about the backends of one pool. */
class WatchedPool implements AsyncDisposable {
  readonly #probing: Probing;
  readonly #checks: AsyncDisposable;
  #serving: ServingPool;

  constructor(
    serving: ServingPool,
    { clock, onConnectFailed }: Pick<ObservedPoolsOptions, "clock" | "onConnectFailed">,
  ) {
    this.#serving = serving;
    this.#probing = new Probing();
    this.#probing.update(serving);
    const checked = () => ({
      pool: this.#serving.pool,
      timeout: this.#serving.config.timeouts.connect,
      proxyProtocol: this.#serving.config.proxyProtocol,
      onFailed: onConnectFailed,
    });
    this.#checks = startConnectChecking(checked, clock, Math.random);
  }

  update(serving: ServingPool): void {
    this.#serving = serving;
    this.#probing.update(serving);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      this.#probing[Symbol.asyncDispose](),
      this.#checks[Symbol.asyncDispose](),
    ]);
  }
}
