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

/** Retries that are free, a second. */
export const FREE_PER_SECOND = 3;

/** Shares such as 0.2 do not add up exactly. */
const ROUNDING = 1e-9;

export class RetryBudget {
  readonly #share: number;
  #balance = FREE_PER_SECOND;
  #now: number;
  /** Requests of the second under way, and of the one before it. */
  #requests = 0;
  #requestsBefore = 0;

  /**
   * @param share of retries in requests, 0 or more; Infinity lets every retry pass
   * @param now in milliseconds, on any clock that never goes back
   */
  constructor(share: number, now: number) {
    this.#share = share;
    this.#now = now;
  }

  /** Pays in: a request has come. */
  deposit(now: number): void {
    this.#advance(now);
    this.#requests++;
    this.#pay(this.#share);
  }

  /** Draws out, for one retry. @returns whether there was enough for it */
  withdraw(now: number): boolean {
    if (this.#share === Infinity) return true;
    this.#advance(now);
    if (this.#balance < 1 - ROUNDING) return false;
    this.#balance--;
    return true;
  }

  #advance(now: number): void {
    if (now === this.#now) return; // a coarse clock stands still for most requests
    const seconds = Math.floor(now / 1000) - Math.floor(this.#now / 1000);
    if (seconds > 0) {
      this.#requestsBefore = seconds === 1 ? this.#requests : 0;
      this.#requests = 0;
    }
    const free = FREE_PER_SECOND * (now - this.#now) / 1000;
    this.#now = now;
    this.#pay(free);
  }

  /** Pays in, but saves up no more than about a second pays. */
  #pay(amount: number): void {
    const busiest = Math.max(this.#requests, this.#requestsBefore);
    const most = busiest * this.#share + FREE_PER_SECOND;
    this.#balance = Math.min(this.#balance + amount, most);
  }
}
