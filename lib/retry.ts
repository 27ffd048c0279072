/**
 * The retry rule: may this request be sent to another backend?
 *
 * A request should survive the failure of any one backend, so a failed attempt is followed by another.
 * But no request may be carried out twice, so a request that may have reached a backend is retried only
 * if its method is idempotent (RFC 9110, 9.2.2).
 */
import { mayHaveLeft, type Outcome } from "./outcome.ts";
import type { RequestFacts } from "./request_facts.ts";

/** The methods that RFC 9110, 9.2.2, RFC 4918 (PROPFIND), RFC 3253 (REPORT) and RFC 5323 (SEARCH) define
 * as idempotent. Any other method may have a new effect each time it is carried out. */
const IDEMPOTENT = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "PUT",
  "DELETE",
  "TRACE",
  "PROPFIND",
  "REPORT",
  "SEARCH",
]);

/** Whether carrying out a request twice has the same effect as once. @param method is case-sensitive */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/** Why a failed request is not retried. */
export type StopReason =
  | "client gone"
  | "attempts used up"
  | "others full or unreachable"
  | "retry budget used up"
  | "out of time"
  | "request body at fault"
  | "may have been delivered"
  | "body already sent"
  /** The response is over a limit of this program: another one would be, too. */
  | `over ${string}`;

export type Verdict = "retry" | StopReason;

/**
 * Decides whether a request may be sent to another backend.
 *
 * @param outcome of the last attempt: a failure, or an answer with a status that is retried
 * @param attempt the number of that attempt, from 1
 * @param maxAttempts how many attempts a request may have, 1 or more
 */
export function judge(
  request: RequestFacts,
  outcome: Outcome<unknown>,
  attempt: number,
  maxAttempts: number,
): Verdict {
  if (request.clientGone) return "client gone";
  if (request.expired) return "out of time";
  if (outcome.kind === "failed") {
    if (outcome.failure === "http_request_error") return "request body at fault";
    if (outcome.limit !== undefined) return `over ${outcome.limit}`;
  }
  if (mayHaveLeft(outcome) && !isIdempotent(request.method)) {
    return "may have been delivered";
  }
  if (request.bodySpent) return "body already sent";
  if (attempt >= maxAttempts) return "attempts used up";
  return "retry";
}
