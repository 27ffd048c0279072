/**
 * The retry rule: may this request be sent to another backend?
 *
 * Two promises meet here. A request survives any one backend, so a failed attempt moves on; and no
 * request is ever carried out twice, so one that may have left goes again only where its method says
 * that twice is the same as once (RFC 9110, 9.2.2).
 */
import { mayHaveLeft, type Outcome } from "./outcome.ts";
import type { RequestFacts } from "./request_facts.ts";

/** Methods that RFC 9110, 9.2.2 and RFC 4918 (PROPFIND), RFC 3253 (REPORT), RFC 5323 (SEARCH) define
 * as idempotent. Any other may do something each time it arrives. */
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

/** Whether carrying it out twice is the same as once. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/** Why the request goes no further, or `retry`. */
export type Verdict =
  | "retry"
  | "answered"
  | "client gone"
  | "attempts used up"
  | "retry budget used up"
  | "out of time"
  | "request body at fault"
  | "may have been delivered"
  | "body already sent";

/**
 * @param request what is being sent
 * @param outcome what the attempt just made came to
 * @param attempt its number, from 1
 * @param maxAttempts how many attempts one request may make, 1 or more
 */
export function judge(
  request: RequestFacts,
  outcome: Outcome<unknown>,
  attempt: number,
  maxAttempts: number,
): Verdict {
  if (outcome.kind === "answered") return "answered";
  if (request.clientGone) return "client gone";
  if (request.expired) return "out of time";
  if (outcome.failure === "http_request_error") return "request body at fault";
  if (mayHaveLeft(outcome) && !isIdempotent(request.method)) {
    return "may have been delivered";
  }
  if (request.bodySpent) return "body already sent";
  if (attempt >= maxAttempts) return "attempts used up";
  return "retry";
}
