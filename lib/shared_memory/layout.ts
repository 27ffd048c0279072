/**
 * The layout of the memory that all workers share: one SharedArrayBuffer, so that they act as one.
 *
 * A new number is one line in one of these tables. Which one says who writes it: what all workers must
 * agree on at once is theirs together; what is only added up when somebody asks is kept by each worker
 * for itself, for a number that all of them write costs each of them a wait.
 */
import {
  beginRow,
  Cells,
  count,
  measure,
  ownCount,
  type Row,
  rowAt,
  sizeOf,
  type Table,
  word,
} from "./cells.ts";

/** Once for all. */
export const POOL = {
  /** The wrapping counter behind round robin. */
  turn: word(),
  /** The time that all go by, in milliseconds. */
  time: measure(),
  /** Held by whoever changes the health of a backend. */
  lock: count(),
  /** Changes with each change of who is usable. */
  generation: count(),
  /** In flight. */
  requests: count(),
} satisfies Table;

/** Of the retry budget, once for all. */
export const BUDGET = {
  /** What is saved beyond the free retries of a second, in thousandths of one: below 0, they are drawn. */
  saved: count(),
  /** Up to which tick of the clock it is paid. */
  paidAt: count(),
  /** Of the second under way, and of the one before it. */
  requests: count(),
  requestsBefore: count(),
} satisfies Table;

/** Of each backend, once for all. */
export const BACKEND = {
  inFlight: count(),
  /** Its latency average and the time of the last sample, in milliseconds; NaN where nothing is known. */
  latency: measure(NaN),
  latencyAt: measure(),
  /** Odd while what follows is being written: lib/health/state_cells.ts. */
  version: count(),
  phase: count(),
  failures: count(),
  times: count(),
  since: measure(-Infinity),
  dueAt: measure(Infinity),
  unreachable: count(),
  triedBy: count(-1),
  up: count(1),
  against: count(),
  probed: count(),
  toldFailing: count(),
  toldAt: measure(-Infinity),
  toldSpared: count(),
} satisfies Table;

/** Of each worker, written by nobody else. */
export const WORKER = {
  /** Goes on as long as it lives. */
  heartbeat: count(),
  /** In flight. */
  requests: ownCount(),
} satisfies Table;

/** Of each backend by each worker, written by nobody else. */
export const WORKER_BACKEND = {
  inFlight: ownCount(),
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
      for (let at = begin; at < end; at += sizeOf(table)) beginRow(table, this.#cells, at);
    }
  }

  /** What is handed to another worker, with the extent. */
  get buffer(): SharedArrayBuffer {
    return this.#cells.buffer;
  }

  get pool(): Row<typeof POOL> {
    return this.#row(POOL, 0);
  }

  get budget(): Row<typeof BUDGET> {
    return this.#row(BUDGET, 0);
  }

  /** @param place in the list of backends, from 0 */
  backend(place: number): Row<typeof BACKEND> {
    return this.#row(BACKEND, place);
  }

  /** @param number of the worker, from 0 */
  worker(number: number): Row<typeof WORKER> {
    return this.#row(WORKER, number);
  }

  workerBackend(number: number, place: number): Row<typeof WORKER_BACKEND> {
    return this.#row(WORKER_BACKEND, number * this.extent.backends + place);
  }

  #row<Columns extends Table>(table: Columns, index: number): Row<Columns> {
    const { begin } = this.#rows.find((rows) => rows.table === table)!;
    return rowAt(table, this.#cells, begin + index * sizeOf(table));
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
    end += count * sizeOf(table);
    return { table, begin, end };
  });
}
