/** How many of something there are at the moment, over all workers. */
import { Cells, Count, OwnCount } from "./cells.ts";

/**
 * Each worker's own share is counted, too: should it die, what it had is taken back. The two never part,
 * for a worker is only ever ended between two turns of its event loop (tests/workers/deaths_test.ts).
 */
export class Tally {
  readonly #all: Count;
  readonly #own: OwnCount;

  /** @param all over all workers; by default of its own, as is that of this worker */
  constructor(
    all: Count = new Count(newCells(), 0),
    own: OwnCount = new OwnCount(newCells(), 0),
  ) {
    this.#all = all;
    this.#own = own;
  }

  /** Of this worker. */
  get own(): number {
    return this.#own.value;
  }

  /** One more, unless there are so many. @returns whether it was counted */
  begin(most = Infinity): boolean {
    if (this.#all.add(1) > most) {
      this.#all.add(-1);
      return false;
    }
    this.#own.value++;
    return true;
  }

  /** One less. */
  end(): void {
    this.#all.add(-1);
    this.#own.value--;
  }

  /** All of this worker's go, as it has died. @returns how many there were */
  takeBack(): number {
    const { own } = this;
    this.#all.add(-own);
    this.#own.value = 0;
    return own;
  }
}

function newCells(): Cells {
  return new Cells(new SharedArrayBuffer(8));
}
