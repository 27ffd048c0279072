/**
 * The retry budget: how many retries all requests together may make.
 *
 * A limit per request does not protect backends. While one of three fails, "up to two retries" costs
 * next to nothing. But when all of them are overloaded and time out, the same rule triples their load at
 * the worst moment, and keeps them down after the cause is over: a retry storm. So retries are limited to
 * a share of the requests: each request pays into the budget, each retry draws from it. That is plenty
 * if one backend fails, and next to nothing if all do. A few retries per second are free, so that a
 * service with hardly any requests has retries, too.
 *
 * How many, the simulator says. A backend that freezes holds the requests that it has got, which then time
 * out together, and each has to be retried until ejection.after, five, have failed and it is ejected: four
 * retries at once, from a budget that has nothing saved if the requests came a minute ago. Ten are enough
 * for two such backends; three lost one request of four. And while every backend lets every request time
 * out, ten add less than half to a load of 50 a second (1.42 times, 1.27 with three), and next to nothing to
 * one of 500 (1.23 and 1.21): only a load under ten a second, which needs no protection, can triple.
 *
 * (The idea is Finagle's RetryBudget, which saves up for ten seconds. A retry storm can spend all of that
 * at once: a threefold load for two seconds, as measured. This budget saves up for one second.)
 */
import { TICK_MS } from "./time/timer_wheel.ts";
import { type CellRecord, newRecord } from "./shared_memory/cells.ts";
import { BUDGET } from "./shared_memory/layout.ts";

/** Free retries per second. */
export const FREE_PER_SECOND = 10;

/** The budget counts thousandths of a retry: whole numbers, which several workers can change at once. */
const UNITS_PER_RETRY = 1000;

/** By how much the budget may be overdrawn: the free retries of a second. */
const FREE = FREE_PER_SECOND * UNITS_PER_RETRY;

/** What is free per tick of the clock. */
const FREE_PER_TICK = FREE * TICK_MS / 1000;

/** The largest number that a cell can hold. */
const MAX_INT32 = 2 ** 31 - 1;

export class RetryBudget {
  /** What each request pays in. */
  readonly #share: number;
  readonly #cells: CellRecord<typeof BUDGET>;

  /**
   * @param share retries per request, 0 or more; Infinity sets no limit
   * @param cells of the memory that workers share; by default its own
   */
  constructor(share: number, cells: CellRecord<typeof BUDGET> = newRecord(BUDGET)) {
    this.#share = Math.round(share * UNITS_PER_RETRY);
    this.#cells = cells;
  }

  /** Pays in for a new request. @param now in milliseconds, on a clock that never goes back */
  deposit(now: number): void {
    if (this.#share === Infinity) return;
    this.#advance(now);
    this.#pay(this.#share, this.#cells.requests.add(1));
  }

  /** Draws out for one retry. @returns whether the budget allows it */
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

  /** Pays in what is free since the tick up to which it was paid; one worker does so for each tick. */
  #advance(now: number): void {
    const { paidAt, requests, requestsBefore } = this.#cells;
    const tick = Math.floor(now / TICK_MS);
    const before = paidAt.value;
    const passed = tick - before | 0; // the cell wraps after three years
    if (passed <= 0 || !paidAt.swap(before, tick | 0)) return;
    const seconds = toSecond(tick) - toSecond(tick - passed);
    if (seconds > 0) {
      requestsBefore.value = seconds === 1 ? requests.value : 0;
      requests.value = 0;
    }
    this.#pay(Math.min(passed * FREE_PER_TICK, FREE), requests.value);
  }

  /** Pays in, but saves no more than the requests of about a second. @param requests in this second */
  #pay(amount: number, requests: number): void {
    const { saved, requestsBefore } = this.#cells;
    const busiest = Math.max(requests, requestsBefore.value);
    const max = Math.min(busiest * this.#share, MAX_INT32);
    while (true) {
      const before = saved.value;
      const after = Math.min(before + amount, max);
      if (after === before || saved.swap(before, after)) return;
    }
  }
}

/** The second that a tick of the clock falls in. */
function toSecond(tick: number): number {
  return Math.floor(tick * TICK_MS / 1000);
}
