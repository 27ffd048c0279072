/**
 * Makes the revisions that workers serve by, and keeps what goes on from one to the next: the state of
 * pools, backends and routes by their ids.
 */
import { Backend, idOf, urlOf } from "../backends/backend.ts";
import { BACKEND, backendRecords, POOL, poolRecords } from "../shared_memory/layout.ts";
import { routeIdOf } from "../routing/route_id.ts";
import { poolsOf } from "../routing/route_pools.ts";
import type { PoolEvent } from "../health/events.ts";
import { newRateTable } from "../shared_memory/rate_table.ts";
import type { RecordBuffer } from "../shared_memory/record_buffer.ts";
import {
  type BackendState,
  carryOver,
  NO_STATE,
  type SharedState,
  type Stateful,
  wayId,
} from "../shared_memory/state.ts";
import { poolTls } from "./backends.ts";
import { textOfOptions } from "../net/tls/tls_options.ts";
import { engineLimits } from "./engine_limits.ts";
import { countedRoutes, needsRates } from "./guard_tools.ts";
import { reclaim } from "./reclaim.ts";
import { listenersOf, type ResolvedConfiguration, type Revision } from "./revision.ts";

export interface RevisionsOptions {
  /** How many share the memory, the control plane included. */
  readonly workers: number;
  /** How many file descriptors can be opened; Infinity if there are plenty. */
  readonly descriptors: number;
  /** What there is once. */
  readonly process: RecordBuffer;
}

/** A backend that is in no configuration any more, and finishes what it has. */
export interface LeavingBackend {
  readonly pool: string;
  readonly url: string;
  readonly inFlight: number;
}

export class Revisions {
  readonly #options: RevisionsOptions;
  #state: SharedState = NO_STATE;
  #number = 0;
  #rates: SharedArrayBuffer | undefined;
  /** Backends that were taken out and still have requests in flight, by their uids. */
  readonly #leaving = new Map<number, LeavingState>();

  constructor(options: RevisionsOptions) {
    this.#options = options;
  }

  get state(): SharedState {
    return this.#state;
  }

  /** Whether the backend that something has happened to, if it is about one, is in force. */
  knows(pool: string, event: PoolEvent): boolean {
    const known = this.#state.pools.get(pool)?.backends;
    return known !== undefined && (!("backend" in event) || known.has(event.backend));
  }

  /** Makes the next revision; it counts once it is {@linkcode adopt}ed. */
  make(config: ResolvedConfiguration): Revision {
    const { workers, descriptors } = this.#options;
    if (this.#rates === undefined && needsRates(config)) this.#rates = newRateTable();
    return {
      number: ++this.#number,
      config,
      listeners: listenersOf(config),
      limits: engineLimits(config, workers - 1, descriptors),
      state: carryOver(this.#state, statefulOf(config), workers),
      rates: this.#rates,
    };
  }

  /** All workers serve by this revision. What it does not have any more gets nothing new. */
  adopt({ state }: Revision): void {
    for (const [pool, { buffer, backends }] of this.#state.pools) {
      const kept = state.pools.get(pool)?.backends;
      const removed = [...backends].filter(([id, { buffer }]) => kept?.get(id)?.buffer !== buffer);
      for (const [id, backend] of removed) this.#remove(pool, id, backend);
      if (removed.length > 0) poolRecords(buffer).record(POOL).generation.add(1);
    }
    this.#state = state;
  }

  /** Backends that were taken out and still have requests in flight. */
  get leaving(): readonly LeavingBackend[] {
    for (const [uid, { backend }] of this.#leaving) {
      if (backend.inFlight <= 0) this.#leaving.delete(uid);
    }
    return [...this.#leaving.values()].map(({ pool, backend: { url, inFlight } }) => ({
      pool,
      url,
      inFlight,
    }));
  }

  /** Takes back what a dead worker had in flight. @returns how many requests were lost with it */
  reclaim(worker: number): number {
    const { process, workers } = this.#options;
    const { pools, routes } = this.#state;
    const backends = [...pools.values()].flatMap(({ backends }) => [...backends.values()]);
    const counting = {
      process,
      backends: [...backends, ...this.#leaving.values()].map(({ buffer }) => buffer),
      routes: routes.values(),
    };
    return reclaim(counting, { worker, workers });
  }

  #remove(pool: string, id: string, { uid, buffer }: BackendState): void {
    const cells = backendRecords(this.#options.workers, buffer).record(BACKEND);
    const backend = new Backend({ url: urlOf(id), weight: 0 }, cells, undefined, uid);
    backend.mode = "removed";
    if (backend.inFlight > 0) this.#leaving.set(uid, { pool, backend, buffer });
  }
}

interface LeavingState {
  readonly pool: string;
  readonly backend: Backend;
  readonly buffer: SharedArrayBuffer;
}

/** What of a configuration has a state that a reload carries over. */
export function statefulOf(config: ResolvedConfiguration): Stateful {
  const pools = Object.entries(config.pools).map(([name, { backends }]) =>
    [name, backends.map(({ url }) => idOf(url))] as const
  );
  const tls = Object.entries(config.pools).flatMap(([name, pool]) => {
    const options = poolTls(pool);
    return options === undefined ? [] : [[name, textOfOptions(options)] as const];
  });
  return {
    pools: new Map(pools),
    tls: new Map(tls),
    routes: countedRoutes(config),
    ways: waysOf(config),
  };
}

/** The ids of all ways: of each route to its pools, and of what it answers itself. */
function waysOf({ routes }: ResolvedConfiguration): string[] {
  return routes.flatMap((route) => {
    const id = routeIdOf(route);
    return [undefined, ...poolsOf(route)].map((pool) => wayId(id, pool));
  });
}
