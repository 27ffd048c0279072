/**
 * A lock that all workers share. It is held for microseconds, so others spin for a moment before they
 * sleep: on a machine with one core only that lets the holder continue.
 *
 * No worker dies while holding it: one only ends between two turns of its event loop
 * (tests/runtime/workers_test.ts), and an exception releases the lock.
 */
import type { AtomicInt } from "./cells.ts";

const FREE = 0;
const HELD = 1;

/** Attempts to take the lock before each sleep. */
const SPINS_BEFORE_SLEEP = 200;

const SLEEP_MS = 1;

export class Lock {
  readonly #cell: AtomicInt;

  constructor(cell: AtomicInt) {
    this.#cell = cell;
  }

  /** Runs an action while holding the lock. The action must not take the lock again. */
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
