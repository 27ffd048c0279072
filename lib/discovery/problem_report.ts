/**
 * How often the log hears of a name that cannot be resolved: when it begins, when the reason changes, and once
 * a minute while it lasts. A name that fails and answers by turns is no reason for a line each time.
 */

/** How often it is said while it lasts, in milliseconds. */
const REMIND_MS = 60_000;

/** The time between two lines, at least. */
const QUIET_MS = 10_000;

export class ProblemReport {
  #current: string | undefined;
  /** What was said last; undefined if that was that all is well. */
  #said: string | undefined;
  #saidAt = -Infinity;

  /** What is wrong at the moment; undefined if nothing is. */
  get current(): string | undefined {
    return this.#current;
  }

  /**
   * Takes note of a problem.
   *
   * @param now in milliseconds
   * @returns whether it is time to say so
   */
  notice(problem: string, now: number): boolean {
    this.#current = problem;
    const quietMs = now - this.#saidAt;
    if (quietMs < (problem === this.#said ? REMIND_MS : QUIET_MS)) return false;
    this.#said = problem;
    this.#saidAt = now;
    return true;
  }

  /** Takes note that all is well. @returns whether to say so, as the problem was said */
  end(): boolean {
    this.#current = undefined;
    const wasSaid = this.#said !== undefined;
    this.#said = undefined;
    return wasSaid;
  }
}
