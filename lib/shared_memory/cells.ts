/**
 * Numbers in shared memory, and rows of them. A table says which numbers a row has and what they begin
 * with; where each one lies follows from that.
 */

/** Two rows never share a cache line, or workers would wait for each other's numbers; in bytes. */
const CACHE_LINE_BYTES = 64;

/** What each number takes, in bytes. */
const CELL_BYTES = 8;

/** Shared memory as numbers of both kinds: views that all its cells have in common. */
export class Cells {
  readonly buffer: SharedArrayBuffer;
  readonly integers: Int32Array;
  readonly floats: Float64Array;

  /** @param buffer a multiple of 8 bytes long */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.integers = new Int32Array(buffer);
    this.floats = new Float64Array(buffer);
  }
}

/** A whole number that any worker may change at any time, in 32 bits. */
export class AtomicInt {
  /** Where it is. Read plainly it may be a moment old, and is never torn. */
  readonly integers: Int32Array;
  readonly index: number;

  /** @param offset where it is, in bytes */
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

  /** Beyond 2^31 - 1 it goes on with -2^31. @returns what it comes to */
  add(amount: number): number {
    return Atomics.add(this.integers, this.index, amount) + amount | 0;
  }

  /** Changes it, unless somebody else has. @returns whether it did */
  swap(expected: number, value: number): boolean {
    return Atomics.compareExchange(this.integers, this.index, expected, value) === expected;
  }

  /** Sleeps while it has this value, for so many milliseconds at most. */
  wait(value: number, milliseconds: number): void {
    Atomics.wait(this.integers, this.index, value, milliseconds);
  }
}

/** A whole number of which one worker is the only one to write it; others may see it a moment later. */
export class LocalInt {
  readonly #integers: Int32Array;
  readonly #index: number;

  /** @param offset where it is, in bytes */
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
 * A number with a fraction. There are no atomic operations on those: the last one who writes is right. It
 * is read as a whole, for it lies on 8 bytes of its own.
 */
export class Float {
  readonly #floats: Float64Array;
  readonly #index: number;

  /** @param offset where it is, in bytes */
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

/** One number of a table: how it is looked at, and what it begins with. */
interface Column<Cell> {
  readonly at: (cells: Cells, offset: number) => Cell;
  readonly begin: (cells: Cells, offset: number) => void;
}

export type Table = Readonly<Record<string, Column<unknown>>>;

/** A row of a table: its numbers by name. */
export type CellRecord<Columns extends Table> = {
  readonly [Name in keyof Columns]: Columns[Name] extends Column<infer Cell> ? Cell : never;
};

export function atomicInt(initial = 0): Column<AtomicInt> {
  const at = (cells: Cells, offset: number) => new AtomicInt(cells, offset);
  return { at, begin: (cells, offset) => void (at(cells, offset).value = initial) };
}

export function localInt(): Column<LocalInt> {
  return { at: (cells, offset) => new LocalInt(cells, offset), begin: () => {} };
}

export function float(initial = 0): Column<Float> {
  const at = (cells: Cells, offset: number) => new Float(cells, offset);
  return { at, begin: (cells, offset) => void (at(cells, offset).value = initial) };
}

/** A cell of 32 bits without a sign, as it is. */
export function uint32(): Column<Uint32Array> {
  return { at: ({ buffer }, offset) => new Uint32Array(buffer, offset, 1), begin: () => {} };
}

/** What a row of a table takes, in bytes. */
export function recordBytes(table: Table): number {
  return Math.ceil(Object.keys(table).length * CELL_BYTES / CACHE_LINE_BYTES) * CACHE_LINE_BYTES;
}

/** The row that begins there. */
export function recordAt<Columns extends Table>(
  table: Columns,
  cells: Cells,
  offset: number,
): CellRecord<Columns> {
  const columns = Object.entries(table);
  const row = columns.map((
    [name, { at }],
    place,
  ) => [name, at(cells, offset + place * CELL_BYTES)]);
  return Object.fromEntries(row) as CellRecord<Columns>;
}

/** Gives the numbers of the row that begins there what they begin with. */
export function initializeRecord(table: Table, cells: Cells, offset: number): void {
  Object.values(table).forEach(({ begin }, place) => begin(cells, offset + place * CELL_BYTES));
}

/** A row in memory of its own, as it begins. */
export function newRecord<Columns extends Table>(table: Columns): CellRecord<Columns> {
  const cells = new Cells(new SharedArrayBuffer(recordBytes(table)));
  initializeRecord(table, cells, 0);
  return recordAt(table, cells, 0);
}
