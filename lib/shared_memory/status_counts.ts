/** Counts of responses by their status, of one worker: whole numbers that never go back. */

/** Statuses that are told apart: those of HTTP, from 100 to 599. */
const FIRST_STATUS = 100;
export const STATUSES = 500;

/** The classes of them: 1xx to 5xx. */
export const STATUS_CLASSES = 5;

export class StatusCounts {
  readonly #counts: Float64Array;
  /** How many statuses have one count. */
  readonly #width: number;

  /** @param counts one for each status, or for each class of them; by default the latter, of its own */
  constructor(counts: Float64Array = new Float64Array(STATUS_CLASSES)) {
    this.#counts = counts;
    this.#width = STATUSES / counts.length;
  }

  /** Counts one more. A status that HTTP does not have is not counted: such a response was not sent. */
  count(status: number): void {
    const index = Math.floor((status - FIRST_STATUS) / this.#width);
    if (index >= 0 && index < this.#counts.length) this.#counts[index]!++;
  }
}

/** The sums of what several workers have counted, by the first status of each count; none that is 0. */
export function sumCounts(workers: readonly Float64Array[]): [status: number, count: number][] {
  const [first] = workers;
  if (first === undefined) return [];
  const width = STATUSES / first.length;
  return Array.from(first, (_, index): [number, number] => [
    FIRST_STATUS + index * width,
    workers.reduce((sum, counts) => sum + counts[index]!, 0),
  ]).filter(([, count]) => count > 0);
}
