/**
 * The retry budget: how many retries all requests together may make.
 *
 * A count per request is no protection. While one backend of three fails, "up to two retries" costs
 * next to nothing; when all of them are overloaded and time out, the same rule triples the load on
 * them at the worst moment, and keeps them down after what caused it is over: a retry storm. A budget
 * turns that round. Requests pay in, retries draw out, so that retries are at most a share of the
 * requests: plenty for one backend's failure, next to nothing when everything fails. A few a second are
 * free, so that a service with hardly any requests has retries at all.
 *
 * (The idea is Finagle's RetryBudget. That one saves up for ten seconds, which is what a storm then has
 * for its first moment: three times the load for two seconds, measured. Here it is one second's worth.)
 */
import { TICK_MS } from "./time/timer_wheel.ts";
import { type CellRecord, newRecord } from "./shared_memory/cells.ts";
import { BUDGET } from "./shared_memory/layout.ts";

/** Retries that are free, a second. */
export const FREE_PER_SECOND = 3;

/** It counts in thousandths of a retry, in whole numbers, which several workers can change at a time. */
const UNITS_PER_RETRY = 1000;

/** What is free in all: below this it is overdrawn. */
const FREE = FREE_PER_SECOND * UNITS_PER_RETRY;

/** What is free between two ticks of the clock. */
const FREE_PER_TICK = FREE * TICK_MS / 1000;

/** The largest whole number that a cell holds. */
const MAX_INT32 = 2 ** 31 - 1;

export class RetryBudget {
  /** What a request pays in. */
  readonly #share: number;
  readonly #cells: CellRecord<typeof BUDGET>;

  /**
   * @param share of retries in requests, 0 or more, in thousandths; Infinity lets every retry pass
   * @param cells of the memory that workers share; by default its own
   */
  constructor(share: number, cells: CellRecord<typeof BUDGET> = newRecord(BUDGET)) {
    this.#share = Math.round(share * UNITS_PER_RETRY);
    this.#cells = cells;
  }

  /** Pays in: a request has come. @param now in milliseconds, on a clock that never goes back */
  deposit(now: number): void {
    if (this.#share === Infinity) return;
    this.#advance(now);
    this.#pay(this.#share, this.#cells.requests.add(1));
  }

  /** Draws out, for one retry. @returns whether there was enough for it */
  withdraw(now: number): boolean {
    if (this.#share === Infinity) return true;
    this.#advance(now);
    const { saved } = this.#cells;
    while (true) {
      const before = saved.value;
      if (before + FREE < UNITS_PER_RETRY) return false;
      if (saved.swap(before, before - UNITS_PER_RETRY)) return true;
    }
  }

  /** Pays what is free since the tick that was paid last: whichever worker comes first. */
  #advance(now: number): void {
    const { paidAt, requests, requestsBefore } = this.#cells;
    const tick = Math.floor(now / TICK_MS);
    const before = paidAt.value;
    const passed = tick - before | 0; // the cell wraps, after three years
    if (passed <= 0 || !paidAt.swap(before, tick | 0)) return;
    const seconds = secondOf(tick) - secondOf(tick - passed);
    if (seconds > 0) {
      requestsBefore.value = seconds === 1 ? requests.value : 0;
      requests.value = 0;
    }
    this.#pay(Math.min(passed * FREE_PER_TICK, FREE), requests.value);
  }

  /** Pays in, but saves up no more than about a second pays. @param requests of the second under way */
  #pay(amount: number, requests: number): void {
    const { saved, requestsBefore } = this.#cells;
    const busiest = Math.max(requests, requestsBefore.value);
    const most = Math.min(busiest * this.#share, MAX_INT32);
    while (true) {
      const before = saved.value;
      const after = Math.min(before + amount, most);
      if (after === before || saved.swap(before, after)) return;
    }
  }
}

/** The second that a tick of the clock is in. */
function secondOf(tick: number): number {
  return Math.floor(tick * TICK_MS / 1000);
}
