/** How many of something there are at the moment, over all workers. */
import { AtomicInt, Cells, LocalInt } from "./cells.ts";

/**
 * Each worker's own share is counted, too: should it die, what it had is taken back. The two never part,
 * for a worker is only ever ended between two turns of its event loop (tests/runtime/workers_test.ts).
 */
export class InFlightCount {
  readonly #all: AtomicInt;
  readonly #own: LocalInt;

  /** @param all over all workers; by default of its own, as is that of this worker */
  constructor(
    all: AtomicInt = new AtomicInt(newCells(), 0),
    own: LocalInt = new LocalInt(newCells(), 0),
  ) {
    this.#all = all;
    this.#own = own;
  }

  /** Of this worker. */
  get own(): number {
    return this.#own.value;
  }

  /** One more, unless there are so many. @returns whether it was counted */
  acquire(most = Infinity): boolean {
    if (this.#all.add(1) > most) {
      this.#all.add(-1);
      return false;
    }
    this.#own.value++;
    return true;
  }

  /** One less. */
  release(): void {
    this.#all.add(-1);
    this.#own.value--;
  }

  /** All of this worker's go, as it has died. @returns how many there were */
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
