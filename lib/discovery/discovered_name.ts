/** One name that stands for backends: what is known of it, and when it is resolved again. It only decides. */
import { type Answer, type Endpoint, type Found, MAX_ENDPOINTS } from "../net/resolver/answer.ts";
import { describeFailure } from "../net/resolver/failure.ts";
import { KnownEndpoints } from "./known_endpoints.ts";
import { ProblemReport } from "./problem_report.ts";
import { MIN_INTERVAL_MS, pauseAfterAnswer, pauseAfterFailure } from "./schedule.ts";

/** What an answer leads to. */
export interface Taken {
  /** Whether there are other endpoints than before. */
  readonly isChanged: boolean;
  /** From now to the next resolution, in milliseconds. */
  readonly pauseMs: number;
  /** What to log; undefined if nothing. */
  readonly report: Report | undefined;
}

/** A problem in words, and whether there is an answer all the same; or that it is over. */
export type Report = { readonly problem: string; readonly isPartial: boolean } | "recovered";

export interface Circumstances {
  /** In milliseconds, on a clock that never goes back. */
  readonly now: number;
  /** How long an answer is used at most, in milliseconds. */
  readonly maxAgeMs: number;
  /** 0 up to 1. */
  readonly random: number;
}

export class DiscoveredName {
  readonly #known = new KnownEndpoints();
  readonly #report = new ProblemReport();
  #startedAt = -Infinity;
  /** In a row. */
  #failures = 0;
  /** Whether the resolution that runs, or ran last, came early to confirm that endpoints are gone. */
  #isConfirming = false;

  get endpoints(): readonly Endpoint[] {
    return this.#known.endpoints;
  }

  /** What is wrong at the moment; undefined if nothing is. */
  get problem(): string | undefined {
    return this.#report.current;
  }

  /** A resolution starts. */
  start(now: number): void {
    this.#startedAt = now;
  }

  /**
   * A connection to one of its endpoints could not be made: they may have changed.
   *
   * @returns from now to the next resolution, in milliseconds
   */
  connectFailed(now: number): number {
    return Math.max(0, this.#startedAt + MIN_INTERVAL_MS - now);
  }

  /** A resolution ends. */
  take(answer: Answer, { now, maxAgeMs, random }: Circumstances): Taken {
    if (answer.kind === "no news") {
      this.#failures++;
      const words = describeFailure(answer.failure);
      return {
        isChanged: false,
        pauseMs: pauseAfterFailure(this.#failures, maxAgeMs, random),
        report: this.#notice(words, false, now),
      };
    }
    this.#failures = 0;
    const { isChanged, lacksSome } = this.#known.take(answer);
    // What is gone is asked about once more soon. Not again after that: some servers leave others out each time.
    this.#isConfirming = lacksSome && !this.#isConfirming;
    return {
      isChanged,
      pauseMs: this.#isConfirming
        ? MIN_INTERVAL_MS
        : pauseAfterAnswer(answer.ttlMs, maxAgeMs, random),
      report: this.#judge(answer, now),
    };
  }

  /** An answer may be incomplete. */
  #judge({ unanswered: [part], isCut }: Found, now: number): Report | undefined {
    if (part !== undefined) return this.#notice(describeFailure(part.failure), true, now);
    if (isCut) return this.#notice(`more than ${MAX_ENDPOINTS} addresses`, true, now);
    return this.#report.end() ? "recovered" : undefined;
  }

  #notice(problem: string, isPartial: boolean, now: number): Report | undefined {
    if (!this.#report.notice(problem, now)) return undefined;
    const { length } = this.endpoints;
    const rest = length === 0
      ? "no address is known yet"
      : length === 1
      ? "the known address stays in use"
      : `the ${length} known addresses stay in use`;
    return { problem: `${problem}; ${rest}`, isPartial };
  }
}
