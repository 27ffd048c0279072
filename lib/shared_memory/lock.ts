/**
 * A lock that all workers share, for what one alone may do at a time. It is held for microseconds, so
 * others spin for a moment; then they sleep, for on a machine with one core only that lets the holder go on.
 *
 * Nobody dies holding it: a worker is only ever ended between two turns of its event loop
 * (tests/runtime/workers_test.ts), and what throws gives it back.
 */
import type { AtomicInt } from "./cells.ts";

const FREE = 0;
const HELD = 1;

/** How often it is tried before it is slept over. */
const SPINS_BEFORE_SLEEP = 200;

/** How long it is slept at a time, in milliseconds. */
const SLEEP_MS = 1;

export class Lock {
  readonly #cell: AtomicInt;

  constructor(cell: AtomicInt) {
    this.#cell = cell;
  }

  /** Does something alone. It must not be entered again from inside. */
  hold<Result>(action: () => Result): Result {
    for (let tries = 1; !this.#cell.swap(FREE, HELD); tries++) {
      if (tries % SPINS_BEFORE_SLEEP === 0) this.#cell.wait(HELD, SLEEP_MS);
    }
    try {
      return action();
    } finally {
      this.#cell.value = FREE;
    }
  }
}
