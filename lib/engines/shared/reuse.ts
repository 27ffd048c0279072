/**
 * Requests on connections that were idle before. A backend may close one at the very moment in which a
 * request is sent on it: then the request is lost, unanswered, and whether it was carried out is not known.
 */
import type { Failed } from "../../outcome.ts";
import type { RequestFacts } from "../../request_facts.ts";
import { isIdempotent } from "../../retry.ts";

/**
 * Whether a request that was lost like this may be sent once more within its attempt, on a new connection
 * to the same backend.
 *
 * @param neverLeft whether it is certain that no byte of it was sent
 */
export function mayBeResent(
  request: RequestFacts & { readonly ended: Failed | undefined },
  neverLeft: boolean,
): boolean {
  return (neverLeft || isIdempotent(request.method)) && !request.bodySpent &&
    request.ended === undefined;
}

/** How long a connection may have been idle, in milliseconds: each loss leads to the next, shorter time. */
const LIMITS_MS = [1_000, 100, 10, 3] as const;

/** After so long without a loss, in milliseconds, the time before it is tried again. */
const STEP_BACK_MS = 5 * 60_000;

/** If a connection breaks later after the request, in milliseconds, it was not closed because it was idle. */
const CLOSED_IDLE_MS = 1_000;

/**
 * How long a connection to one backend may have been idle for a request that is not idempotent, as that
 * must not be sent again. Most servers keep idle connections for 5 s or more; if one closes them so soon
 * that requests are lost, the limit becomes shorter.
 */
export class ReuseLimit {
  #step = 0;
  #steppedAt = 0;

  /** The limit, in milliseconds. @param now in milliseconds */
  milliseconds(now: number): number {
    if (this.#step > 0) {
      const stepsBack = Math.floor((now - this.#steppedAt) / STEP_BACK_MS);
      this.#step = Math.max(0, this.#step - stepsBack);
      this.#steppedAt += stepsBack * STEP_BACK_MS;
    }
    return LIMITS_MS[this.#step]!;
  }

  /**
   * Notes that a request was lost which must not be sent again. Of several that are lost at once, one counts.
   *
   * @param failed how its connection broke, before any byte of a response
   * @param limit under which it was sent, in milliseconds
   * @param sentAt when, in milliseconds
   * @returns what it means: a backend that closes an idle connection has not failed
   */
  assessLoss(failed: Failed, limit: number, sentAt: number, now: number): Failed {
    if (now - sentAt > CLOSED_IDLE_MS) return failed;
    if (limit === this.milliseconds(now)) {
      this.#step = Math.min(this.#step + 1, LIMITS_MS.length - 1);
      this.#steppedAt = now;
    }
    return { ...failed, inconclusive: true };
  }
}
