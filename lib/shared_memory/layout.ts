/**
 * The layout of the memory that all workers share: one SharedArrayBuffer, so that they act as one.
 *
 * A new number is one line in one of these tables. Which one says who writes it: what all workers must
 * agree on at once is theirs together; what is only added up when somebody asks is kept by each worker
 * for itself, for a number that all of them write costs each of them a wait.
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

/** Once for all. */
export const POOL = {
  /** The wrapping counter behind round robin. */
  turn: uint32(),
  /** The time that all go by, in milliseconds. */
  time: float(),
  /** Held by whoever changes the health of a backend. */
  lock: atomicInt(),
  /** Changes with each change of who is usable. */
  generation: atomicInt(),
  /** In flight. */
  requests: atomicInt(),
} satisfies Table;

/** Of the retry budget, once for all. */
export const BUDGET = {
  /** What is saved beyond the free retries of a second, in thousandths of one: below 0, they are drawn. */
  saved: atomicInt(),
  /** Up to which tick of the clock it is paid. */
  paidAt: atomicInt(),
  /** Of the second under way, and of the one before it. */
  requests: atomicInt(),
  requestsBefore: atomicInt(),
} satisfies Table;

/** Of each backend, once for all. */
export const BACKEND = {
  inFlight: atomicInt(),
  /** Its latency average and the time of the last sample, in milliseconds; NaN where nothing is known. */
  latency: float(NaN),
  latencyAt: float(),
  /** Odd while what follows is being written: lib/health/shared_state.ts. */
  version: atomicInt(),
  phase: atomicInt(),
  failures: atomicInt(),
  ejectionMultiplier: atomicInt(),
  since: float(-Infinity),
  retryAt: float(Infinity),
  unreachable: atomicInt(),
  trialWorker: atomicInt(-1),
  up: atomicInt(1),
  oppositeStreak: atomicInt(),
  probed: atomicInt(),
  announcedFailing: atomicInt(),
  announcedAt: float(-Infinity),
  announcedKeptInUse: atomicInt(),
} satisfies Table;

/** Of each worker, written by nobody else. */
export const WORKER = {
  /** Goes on as long as it lives. */
  heartbeat: atomicInt(),
  /** In flight. */
  requests: localInt(),
} satisfies Table;

/** Of each backend by each worker, written by nobody else. */
export const WORKER_BACKEND = {
  inFlight: localInt(),
} satisfies Table;

/** How many of each there are. */
export interface Extent {
  readonly backends: number;
  /** The supervisor is one of them: number 0. */
  readonly workers: number;
}

export class SharedMemory {
  readonly extent: Extent;
  readonly #cells: Cells;
  readonly #rows: readonly Rows[];

  /** @param buffer of another worker; by default a new one, in which everything is as it begins */
  constructor(extent: Extent, buffer?: SharedArrayBuffer) {
    this.extent = extent;
    this.#rows = rowsOf(extent);
    const { end } = this.#rows.at(-1)!;
    this.#cells = new Cells(buffer ?? new SharedArrayBuffer(end));
    if (buffer !== undefined) return;
    for (const { table, begin, end } of this.#rows) {
      for (let at = begin; at < end; at += recordBytes(table)) {
        initializeRecord(table, this.#cells, at);
      }
    }
  }

  /** What is handed to another worker, with the extent. */
  get buffer(): SharedArrayBuffer {
    return this.#cells.buffer;
  }

  get pool(): CellRecord<typeof POOL> {
    return this.#row(POOL, 0);
  }

  get budget(): CellRecord<typeof BUDGET> {
    return this.#row(BUDGET, 0);
  }

  /** @param place in the list of backends, from 0 */
  backend(place: number): CellRecord<typeof BACKEND> {
    return this.#row(BACKEND, place);
  }

  /** @param number of the worker, from 0 */
  worker(number: number): CellRecord<typeof WORKER> {
    return this.#row(WORKER, number);
  }

  workerBackend(number: number, place: number): CellRecord<typeof WORKER_BACKEND> {
    return this.#row(WORKER_BACKEND, number * this.extent.backends + place);
  }

  #row<Columns extends Table>(table: Columns, index: number): CellRecord<Columns> {
    const { begin } = this.#rows.find((rows) => rows.table === table)!;
    return recordAt(table, this.#cells, begin + index * recordBytes(table));
  }
}

/** Where the rows of a table lie, in bytes. */
interface Rows {
  readonly table: Table;
  readonly begin: number;
  readonly end: number;
}

/** The tables one after the other. */
function rowsOf({ backends, workers }: Extent): readonly Rows[] {
  let end = 0;
  const counts = [
    [POOL, 1],
    [BUDGET, 1],
    [BACKEND, backends],
    [WORKER, workers],
    [WORKER_BACKEND, workers * backends],
  ] as const;
  return counts.map(([table, count]) => {
    const begin = end;
    end += count * recordBytes(table);
    return { table, begin, end };
  });
}
