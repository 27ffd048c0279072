/**
 * The retry budget: how many retries all requests together may make.
 *
 * A count per request is no protection. While one backend of three fails, "up to two retries" costs
 * next to nothing; when all of them are overloaded and time out, the same rule triples the load on
 * them at the worst moment, and keeps them down after what caused it is over: a retry storm. A budget
 * turns that round. Requests pay in, retries draw out, so that retries are at most a share of the
 * requests of the last ten seconds: plenty for one backend's failure, next to nothing when everything
 * fails. A few a second are free, so that a service with hardly any requests has retries at all.
 *
 * (The idea is Finagle's RetryBudget. Here each retry looks back on ten seconds of requests and retries,
 * so that nothing saved up in a quiet hour is spent at once.)
 */

/** Seconds that are looked back on. */
const WINDOW = 10;

/** Retries that are free, a second. */
export const FREE_PER_SECOND = 3;

export class RetryBudget {
  readonly #share: number;
  readonly #startedAt: number;
  /** Requests and retries of each second in the window. */
  readonly #requests = new Float64Array(WINDOW);
  readonly #retries = new Float64Array(WINDOW);
  /** The second that is under way. */
  #second: number;
  #allRequests = 0;
  #allRetries = 0;

  /**
   * @param share of retries in requests, 0 or more; Infinity lets every retry pass
   * @param now in milliseconds, on any clock that never goes back
   */
  constructor(share: number, now: number) {
    this.#share = share;
    this.#startedAt = now;
    this.#second = Math.floor(now / 1000);
  }

  /** Pays in: a request has come. */
  deposit(now: number): void {
    this.#advance(now);
    this.#requests[this.#second % WINDOW]!++;
    this.#allRequests++;
  }

  /** Draws out, for one retry. @returns whether there was enough for it */
  withdraw(now: number): boolean {
    this.#advance(now);
    if (this.#allRetries + 1 > this.#allowed(now)) return false;
    this.#retries[this.#second % WINDOW]!++;
    this.#allRetries++;
    return true;
  }

  #allowed(now: number): number {
    const seconds = Math.min(Math.max((now - this.#startedAt) / 1000, 1), WINDOW);
    return (this.#allRequests && this.#allRequests * this.#share) + FREE_PER_SECOND * seconds;
  }

  /** Forgets the seconds that have left the window. */
  #advance(now: number): void {
    const second = Math.floor(now / 1000);
    if (second === this.#second) return;
    for (let past = Math.max(this.#second + 1, second - WINDOW + 1); past <= second; past++) {
      const slot = past % WINDOW;
      this.#allRequests -= this.#requests[slot]!;
      this.#allRetries -= this.#retries[slot]!;
      this.#requests[slot] = this.#retries[slot] = 0;
    }
    this.#second = second;
  }
}
