/**
 * Blame: what an attempt, or the end of a response, shows about its backend. What a client did, what our
 * own limits did and what ran out of time before the backend had a fair chance is no fault of it.
 */
import {
  type Answered,
  blamesBackend,
  type Failed,
  FAILURES,
  formatFailure,
  mayHaveLeft,
  type Outcome,
} from "../outcome.ts";
import type { RequestFacts } from "../request_facts.ts";

export type Finding =
  /** It answers; whether its response will be complete is not known yet. */
  | { readonly kind: "answered" }
  /** It sent a complete response. */
  | { readonly kind: "completed" }
  /** It failed; `unreachable` if there was no connection. */
  | { readonly kind: "failed"; readonly unreachable: boolean; readonly reason: string }
  /** Nothing is shown about it. */
  | { readonly kind: "inconclusive" };

// Shared, as nearly every request ends in one of these.
const ANSWERED: Finding = { kind: "answered" };
const COMPLETED: Finding = { kind: "completed" };
const INCONCLUSIVE: Finding = { kind: "inconclusive" };

/**
 * What an attempt shows that has failed, or whose response has begun.
 *
 * @param number which attempt of its request it was, from 1
 * @param ejectOn5xx whether an answer of 500 to 599 is a failure of its backend
 */
export function assessAttempt(
  request: RequestFacts,
  outcome: Outcome<unknown>,
  number: number,
  ejectOn5xx: boolean,
): Finding {
  if (outcome.kind === "answered") {
    if (!isError(outcome, ejectOn5xx)) return ANSWERED;
    return { kind: "failed", unreachable: false, reason: `answered ${outcome.status}` };
  }
  if (isBlameless(request, outcome, number)) return INCONCLUSIVE;
  return { kind: "failed", unreachable: isUnreachable(outcome), reason: formatFailure(outcome) };
}

/**
 * What the end of a response shows, beyond what its beginning did.
 *
 * @param broken why it was cut short; undefined if it is complete
 * @param ejectOn5xx whether an answer of 500 to 599 is a failure of its backend
 * @returns undefined if it shows nothing new
 */
export function assessResponse(
  answered: Answered<unknown>,
  broken: Failed | undefined,
  ejectOn5xx: boolean,
): Finding | undefined {
  if (broken === undefined) return isError(answered, ejectOn5xx) ? undefined : COMPLETED;
  if (!blamesBackend(broken)) return undefined;
  return { kind: "failed", unreachable: false, reason: formatFailure(broken) };
}

/**
 * 5xx statuses that are about the request, so that a client can cause them at will: a method or a version
 * that is not known (RFC 9110, 15.6.2 and 15.6.6), and a loop, for which a Via is enough (RFC 5842, 7.2).
 */
const ABOUT_THE_REQUEST = new Set([501, 505, 508]);

function isError({ status }: Answered<unknown>, ejectOn5xx: boolean): boolean {
  return ejectOn5xx && status >= 500 && status <= 599 && !ABOUT_THE_REQUEST.has(status);
}

function isBlameless(request: RequestFacts, failed: Failed, number: number): boolean {
  if (request.clientGone || !blamesBackend(failed)) return true;
  // The time may have gone to earlier attempts, to the client's upload, or to a connect that was cut off.
  return request.expired && (number > 1 || request.hasUpload || !mayHaveLeft(failed));
}

/** By the kind of failure: a connection that broke before a byte was sent on it had been made. */
function isUnreachable({ failure }: Failed): boolean {
  return !FAILURES[failure].mayHaveLeft;
}
