/**
 * Numbers in shared memory: a cell holds one, a record has several by name. A table defines the cells of a
 * record and their initial values; their places in memory follow from that.
 */

/** No two records share a cache line of this size, or workers would slow down each other's writes. */
const CACHE_LINE_BYTES = 64;

/** The size of every cell. */
const CELL_BYTES = 8;

/** The views of a shared buffer that its cells have in common. */
export class Cells {
  readonly buffer: SharedArrayBuffer;
  readonly integers: Int32Array;
  readonly floats: Float64Array;

  /** @param buffer its length is a multiple of 8 bytes */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.integers = new Int32Array(buffer);
    this.floats = new Float64Array(buffer);
  }
}

/** A signed 32-bit whole number that any worker may change at any time. */
export class AtomicInt {
  /** Its place, for plain reads: those may be a moment old, but are never torn. */
  readonly integers: Int32Array;
  readonly index: number;

  /** @param offset in the buffer, in bytes */
  constructor({ integers }: Cells, offset: number) {
    this.integers = integers;
    this.index = offset / integers.BYTES_PER_ELEMENT;
  }

  get value(): number {
    return Atomics.load(this.integers, this.index);
  }

  set value(value: number) {
    Atomics.store(this.integers, this.index, value);
  }

  /** Adds to it; wraps from 2^31 - 1 to -2^31. @returns the sum */
  add(amount: number): number {
    return Atomics.add(this.integers, this.index, amount) + amount | 0;
  }

  /** Sets it if it has the expected value. @returns whether it had */
  swap(expected: number, value: number): boolean {
    return Atomics.compareExchange(this.integers, this.index, expected, value) === expected;
  }

  /** Sleeps while it has this value, but no longer than a time in milliseconds. */
  wait(value: number, milliseconds: number): void {
    Atomics.wait(this.integers, this.index, value, milliseconds);
  }
}

/** A signed 32-bit whole number that only one worker writes; others may see changes a moment later. */
export class LocalInt {
  readonly #integers: Int32Array;
  readonly #index: number;

  /** @param offset in the buffer, in bytes */
  constructor({ integers }: Cells, offset: number) {
    this.#integers = integers;
    this.#index = offset / integers.BYTES_PER_ELEMENT;
  }

  get value(): number {
    return this.#integers[this.#index]!;
  }

  set value(value: number) {
    this.#integers[this.#index] = value;
  }
}

/**
 * A floating-point number. It has no atomic operations, so the last write wins. Reads are never torn, as
 * it is aligned to 8 bytes.
 */
export class Float {
  readonly #floats: Float64Array;
  readonly #index: number;

  /** @param offset in the buffer, in bytes */
  constructor({ floats }: Cells, offset: number) {
    this.#floats = floats;
    this.#index = offset / floats.BYTES_PER_ELEMENT;
  }

  get value(): number {
    return this.#floats[this.#index]!;
  }

  set value(value: number) {
    this.#floats[this.#index] = value;
  }
}

/** The definition of one cell of a record. */
interface Column<Cell> {
  /** The cell at an offset in bytes. */
  readonly at: (cells: Cells, offset: number) => Cell;
  /** Writes its initial value. */
  readonly initialize: (cells: Cells, offset: number) => void;
  /** How many cells it takes; by default one. */
  readonly size?: number;
}

/** The cells of a record, by name. */
export type Table = Readonly<Record<string, Column<unknown>>>;

/** The cells of one record of a table, by name. */
export type CellRecord<Columns extends Table> = {
  readonly [Name in keyof Columns]: Columns[Name] extends Column<infer Cell> ? Cell : never;
};

export function atomicInt(initial = 0): Column<AtomicInt> {
  const at = (cells: Cells, offset: number) => new AtomicInt(cells, offset);
  return { at, initialize: (cells, offset) => void (at(cells, offset).value = initial) };
}

export function localInt(): Column<LocalInt> {
  return { at: (cells, offset) => new LocalInt(cells, offset), initialize: () => {} };
}

export function float(initial = 0): Column<Float> {
  const at = (cells: Cells, offset: number) => new Float(cells, offset);
  return { at, initialize: (cells, offset) => void (at(cells, offset).value = initial) };
}

/** An unsigned 32-bit whole number, as a typed array of length 1. */
export function uint32(): Column<Uint32Array> {
  return { at: ({ buffer }, offset) => new Uint32Array(buffer, offset, 1), initialize: () => {} };
}

/** Floating-point numbers that only one worker writes; others may see changes a moment later. */
export function floats(size: number): Column<Float64Array> {
  return {
    at: ({ buffer }, offset) => new Float64Array(buffer, offset, size),
    initialize: () => {},
    size,
  };
}

/** The size of a record, in bytes. */
export function recordBytes(table: Table): number {
  const cells = Object.values(table).reduce((sum, { size = 1 }) => sum + size, 0);
  return Math.ceil(cells * CELL_BYTES / CACHE_LINE_BYTES) * CACHE_LINE_BYTES;
}

/** The record at an offset in bytes. */
export function recordAt<Columns extends Table>(
  table: Columns,
  cells: Cells,
  offset: number,
): CellRecord<Columns> {
  let place = offset;
  const entries = Object.entries(table).map(([name, { at, size = 1 }]) => {
    const cell = at(cells, place);
    place += size * CELL_BYTES;
    return [name, cell];
  });
  return Object.fromEntries(entries) as CellRecord<Columns>;
}

/** Writes the initial values of the record at an offset in bytes. */
export function initializeRecord(table: Table, cells: Cells, offset: number): void {
  let place = offset;
  for (const { initialize, size = 1 } of Object.values(table)) {
    initialize(cells, place);
    place += size * CELL_BYTES;
  }
}

/** Creates a record in memory of its own. */
export function newRecord<Columns extends Table>(table: Columns): CellRecord<Columns> {
  const cells = new Cells(new SharedArrayBuffer(recordBytes(table)));
  initializeRecord(table, cells, 0);
  return recordAt(table, cells, 0);
}
