/** Counts what is in flight, over all workers. */
import { AtomicInt, Cells, LocalInt } from "./cells.ts";

/**
 * Each worker also counts its own part, so that it can be taken back if the worker dies. The two counts
 * always agree, as a worker only ends between two turns of its event loop (tests/runtime/workers_test.ts).
 */
export class InFlightCount {
  readonly #all: AtomicInt;
  readonly #own: LocalInt;

  /** By default the counts are in memory of its own. @param all of all workers @param own of this worker */
  constructor(
    all: AtomicInt = new AtomicInt(newCells(), 0),
    own: LocalInt = new LocalInt(newCells(), 0),
  ) {
    this.#all = all;
    this.#own = own;
  }

  /** How many this worker has in flight. */
  get own(): number {
    return this.#own.value;
  }

  /** Counts one more, unless there are `max` already. @returns whether it was counted */
  acquire(max = Infinity): boolean {
    if (this.#all.add(1) > max) {
      this.#all.add(-1);
      return false;
    }
    this.#own.value++;
    return true;
  }

  /** Counts one less. */
  release(): void {
    this.#all.add(-1);
    this.#own.value--;
  }

  /** Takes back all of a worker that has died. @returns how many it had */
  reclaim(): number {
    const { own } = this;
    this.#all.add(-own);
    this.#own.value = 0;
    return own;
  }
}

function newCells(): Cells {
  return new Cells(new SharedArrayBuffer(8));
}
