/**
 * Whether events come in quick succession, so that it is worth waiting for the next one.
 *
 * A single pause is no sign of the contrary, and the two events of one request are none of load: a score rises by one
 * with each event that comes soon, and falls to half with each that does not.
 */
const MAX_SCORE = 8;
const QUICK_SCORE = 4;

export class Cadence {
  readonly #soon: number;
  #score = 0;
  #lastAt = -Infinity;

  /** @param soon how long after the last one, in milliseconds */
  constructor(soon: number) {
    this.#soon = soon;
  }

  get isQuick(): boolean {
    return this.#score >= QUICK_SCORE;
  }

  /** Notes an event. @param now in milliseconds */
  note(now: number): void {
    const isSoon = now - this.#lastAt < this.#soon;
    this.#score = isSoon ? Math.min(this.#score + 1, MAX_SCORE) : this.#score >> 1;
    this.#lastAt = now;
  }
}
