/**
 * The layout of the memory that all workers share: one SharedArrayBuffer, so that they act as one.
 *
 * A new number is one line in one of these tables. The table says who writes it: all workers write what
 * they must agree on at once. What is only added up when it is read, each worker keeps for itself: to
 * write a number that others write, too, takes longer.
 */
import {
  atomicInt,
  type CellRecord,
  Cells,
  float,
  initializeRecord,
  localInt,
  recordAt,
  recordBytes,
  type Table,
  uint32,
} from "./cells.ts";

/** One record. */
export const COMMON = {
  /** The time that all workers use, in milliseconds. */
  time: float(),
  /** Requests in flight. */
  requests: atomicInt(),
} satisfies Table;

/** A record for each pool. */
export const POOL = {
  /** The wrapping counter behind round robin. */
  turn: uint32(),
  /** The lock that is held to change the health of a backend. */
  lock: atomicInt(),
  /** Changes each time that other backends are usable or ejected. */
  generation: atomicInt(),
} satisfies Table;

/** A record for each pool: its retry budget. */
export const BUDGET = {
  /** Saved retries, in thousandths; below 0, free ones are drawn. */
  saved: atomicInt(),
  /** The tick of the clock up to which free retries are paid in. */
  paidAt: atomicInt(),
  /** Requests in the current second, and in the one before. */
  requests: atomicInt(),
  requestsBefore: atomicInt(),
} satisfies Table;

/** A record for each backend of each pool. */
export const BACKEND = {
  inFlight: atomicInt(),
  /** The latency average and the time of the last sample, in milliseconds; NaN if no latency is known. */
  latency: float(NaN),
  latencyAt: float(),
  /** Odd while the cells below are being written: lib/health/shared_state.ts. */
  version: atomicInt(),
  phase: atomicInt(),
  failures: atomicInt(),
  ejectionMultiplier: atomicInt(),
  since: float(-Infinity),
  retryAt: float(Infinity),
  ejectedAsUnreachable: atomicInt(),
  unreachableSince: float(Infinity),
  trialWorker: atomicInt(-1),
  up: atomicInt(1),
  oppositeStreak: atomicInt(),
  probed: atomicInt(),
  announcedFailing: atomicInt(),
  announcedAt: float(-Infinity),
  announcedKeptInUse: atomicInt(),
  announcedKeptInUseAt: float(-Infinity),
} satisfies Table;

/** A record for each worker, which no other worker writes. */
export const WORKER = {
  /** Changes as long as the worker is alive. */
  heartbeat: atomicInt(),
  /** 1 while its clock does not sleep. */
  awake: atomicInt(1),
  /** Requests in flight. */
  requests: localInt(),
} satisfies Table;

/** A record for each backend and worker, which no other worker writes. */
export const WORKER_BACKEND = {
  inFlight: localInt(),
} satisfies Table;

/** A record for each route that limits its requests in flight. */
export const ROUTE = {
  inFlight: atomicInt(),
} satisfies Table;

/** A record for each such route and worker, which no other worker writes. */
export const WORKER_ROUTE = {
  inFlight: localInt(),
} satisfies Table;

/** The number of records. */
export interface Extent {
  /** Of the backends of each pool. */
  readonly pools: readonly number[];
  /** Of the routes that limit their requests in flight. */
  readonly routes: number;
  /** Including the supervisor, which is number 0. */
  readonly workers: number;
}

export class SharedMemory {
  readonly extent: Extent;
  readonly #cells: Cells;
  readonly #records: readonly Records[];

  /** @param buffer of another worker; by default a new one with the initial values */
  constructor(extent: Extent, buffer?: SharedArrayBuffer) {
    this.extent = extent;
    this.#records = layOut(extent);
    const { end } = this.#records.at(-1)!;
    this.#cells = new Cells(buffer ?? new SharedArrayBuffer(end));
    if (buffer !== undefined) return;
    for (const { table, begin, end } of this.#records) {
      for (let at = begin; at < end; at += recordBytes(table)) {
        initializeRecord(table, this.#cells, at);
      }
    }
  }

  /** The numbers of those that serve requests, from 1. */
  get servingWorkers(): readonly number[] {
    return Array.from({ length: this.extent.workers - 1 }, (_, index) => index + 1);
  }

  /** To be handed to another worker, with the extent. */
  get buffer(): SharedArrayBuffer {
    return this.#cells.buffer;
  }

  get common(): CellRecord<typeof COMMON> {
    return this.#record(COMMON, 0);
  }

  /** @param pool its place in the list of pools, from 0 */
  pool(pool: number): CellRecord<typeof POOL> {
    return this.#record(POOL, pool);
  }

  budget(pool: number): CellRecord<typeof BUDGET> {
    return this.#record(BUDGET, pool);
  }

  /** @param place in the pool's list of backends, from 0 */
  backend(pool: number, place: number): CellRecord<typeof BACKEND> {
    return this.#record(BACKEND, this.#placeOf(pool, place));
  }

  /** @param number of the worker, from 0 */
  worker(number: number): CellRecord<typeof WORKER> {
    return this.#record(WORKER, number);
  }

  workerBackend(number: number, pool: number, place: number): CellRecord<typeof WORKER_BACKEND> {
    const index = number * sum(this.extent.pools) + this.#placeOf(pool, place);
    return this.#record(WORKER_BACKEND, index);
  }

  /** @param place among the routes that limit their requests in flight, from 0 */
  route(place: number): CellRecord<typeof ROUTE> {
    return this.#record(ROUTE, place);
  }

  workerRoute(number: number, place: number): CellRecord<typeof WORKER_ROUTE> {
    return this.#record(WORKER_ROUTE, number * this.extent.routes + place);
  }

  /** A backend's place among those of all pools. */
  #placeOf(pool: number, place: number): number {
    return sum(this.extent.pools.slice(0, pool)) + place;
  }

  #record<Columns extends Table>(table: Columns, index: number): CellRecord<Columns> {
    const { begin } = this.#records.find((records) => records.table === table)!;
    return recordAt(table, this.#cells, begin + index * recordBytes(table));
  }
}

/** The records of a table: from where to where they lie, in bytes. */
interface Records {
  readonly table: Table;
  readonly begin: number;
  readonly end: number;
}

/** Lays out the tables one after the other. */
function layOut({ pools, routes, workers }: Extent): readonly Records[] {
  let end = 0;
  const backends = sum(pools);
  const counts = [
    [COMMON, 1],
    [POOL, pools.length],
    [BUDGET, pools.length],
    [BACKEND, backends],
    [ROUTE, routes],
    [WORKER, workers],
    [WORKER_BACKEND, workers * backends],
    [WORKER_ROUTE, workers * routes],
  ] as const;
  return counts.map(([table, count]) => {
    const begin = end;
    end += count * recordBytes(table);
    return { table, begin, end };
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
