/** Records of several tables in one buffer, one after the other. */
import {
  type CellRecord,
  Cells,
  initializeRecord,
  recordAt,
  recordBytes,
  type Table,
} from "./cells.ts";

/** The records of a table: from where to where they lie, in bytes. */
interface Stretch {
  readonly table: Table;
  readonly begin: number;
  readonly end: number;
}

export class RecordBuffer {
  readonly #cells: Cells;
  readonly #stretches: readonly Stretch[];

  /**
   * @param counts how many records of each table there are
   * @param buffer of another worker, with the same counts; by default a new one with the initial values
   */
  constructor(counts: readonly (readonly [Table, number])[], buffer?: SharedArrayBuffer) {
    this.#stretches = layOut(counts);
    const { end } = this.#stretches.at(-1)!;
    this.#cells = new Cells(buffer ?? new SharedArrayBuffer(end));
    if (buffer !== undefined) return;
    for (const { table, begin, end } of this.#stretches) {
      for (let at = begin; at < end; at += recordBytes(table)) {
        initializeRecord(table, this.#cells, at);
      }
    }
  }

  /** To be handed to another worker. */
  get buffer(): SharedArrayBuffer {
    return this.#cells.buffer;
  }

  /** @param index among the records of its table, from 0 */
  record<Columns extends Table>(table: Columns, index = 0): CellRecord<Columns> {
    const stretch = this.#stretches.find((stretch) => stretch.table === table);
    const at = stretch === undefined ? Infinity : stretch.begin + index * recordBytes(table);
    if (stretch === undefined || at >= stretch.end) {
      throw new RangeError(`Cannot find the record ${index} of a table as there is none`);
    }
    return recordAt(table, this.#cells, at);
  }
}

function layOut(counts: readonly (readonly [Table, number])[]): readonly Stretch[] {
  let end = 0;
  return counts.map(([table, count]) => {
    const begin = end;
    end += count * recordBytes(table);
    return { table, begin, end };
  });
}
