/**
 * Local replies: to requests that are not forwarded, and for attempts that failed. Each carries
 * Proxy-Status (RFC 9209), which says that the balancer answered, and why.
 */
import { STATUS_TEXT } from "@std/http/status";
import { type Failed, type FailureKind, FAILURES } from "../outcome.ts";
import type { StopReason } from "../retry.ts";
import { COMMON_METHODS } from "./methods.ts";

/** A whole response of the balancer itself. */
export interface LocalReply {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

const ENCODER = new TextEncoder();

/** The body as it is sent. */
export function bodyOf({ body }: LocalReply): Uint8Array<ArrayBuffer> {
  return ENCODER.encode(body);
}

/** How many bytes the body has. */
export function lengthOf(reply: LocalReply): number {
  return bodyOf(reply).length;
}

/** Methods that are forwarded, for the Allow field of a 405 (RFC 9110, 10.2.1). */
const ALLOW = [...COMMON_METHODS].join(", ");

/** After a second, requests in flight will have ended (RFC 9110, 10.2.3). */
const RETRY_AFTER_FIELD: [string, string] = ["retry-after", "1"];

/** Why a request is not forwarded, and the status of its reply. */
export interface Refusal {
  readonly status: 400 | 405 | 408 | 414 | 431 | 501 | 505;
  /** What is wrong with it, as the end of a sentence; repeats no byte of the request. */
  readonly reason: string;
  /** The limit of this program that it is over; undefined if the message itself is at fault. */
  readonly limit?: string | undefined;
}

/** The reply to a request that is not forwarded. */
export function refusalReply({ status, reason }: Refusal): LocalReply {
  const fields: [string, string][] = [proxyStatus("http_request_error", reason)];
  if (status === 405) fields.push(["allow", ALLOW]);
  return text(status, `${statusText(status)}: ${reason}`, fields);
}

/** The reply to a request whose last attempt failed. @param verdict why there was no further one */
export function failureReply(failed: Failed, verdict: StopReason): LocalReply {
  return replyFor(failed.failure, explain(failed, verdict), failed);
}

/** What the reply says beside the kind of the failure; undefined if that says it all. */
function explain({ limit }: Failed, verdict: StopReason): string | undefined {
  if (limit !== undefined) return `the response is over ${limit}`;
  return verdict === "attempts used up" ? undefined : `not sent again: ${verdict}`;
}

/** Why a request is not forwarded while limits.inFlight others are in flight. */
export const OVERLOADED = "limits.inFlight is reached";

/** The reply to a request over limits.inFlight. */
export function overloadReply(): LocalReply {
  const fields = [proxyStatus("http_request_denied", OVERLOADED), RETRY_AFTER_FIELD];
  return text(503, "Service not available", fields);
}

/** The reply to a request that was here before (RFC 5842, 7.2). */
export function loopReply(): LocalReply {
  const fields = [proxyStatus("proxy_loop_detected")];
  return text(508, "Loop detected: this balancer has forwarded this request before", fields);
}

/** The reply to a request that no route takes (RFC 9209, 2.3.3). */
export function notRoutedReply(): LocalReply {
  return text(404, "Not found: no route takes this request", [
    proxyStatus("destination_not_found"),
  ]);
}

/** The reply to an authority of ACME (RFC 8555, 8.3). @param text proves that its token was answered by its account */
export function challengeReply(text: string): LocalReply {
  return ownReply(200, [["content-type", "application/octet-stream"]], text);
}

/** The reply to a client whose address a route does not allow (RFC 9110, 15.5.4). */
export function forbiddenReply(): LocalReply {
  const fields = [proxyStatus("http_request_denied", "the client's address is not allowed")];
  return text(403, "Forbidden", fields);
}

/** The reply to a client without a valid password. @param challenge for WWW-Authenticate (RFC 9110, 11.6.1) */
export function unauthorizedReply(challenge: string): LocalReply {
  const fields = [proxyStatus("http_request_denied", "a password is needed")];
  return text(401, "Unauthorized", [["www-authenticate", challenge], ...fields]);
}

/** The reply to a request over a rate limit (RFC 6585, 4). @param waitMs until there is room again */
export function rateLimitReply(waitMs: number): LocalReply {
  const seconds = String(Math.max(1, Math.ceil(waitMs / 1000)));
  const fields = [proxyStatus("http_request_denied", "the rate limit is reached")];
  return text(429, "Too many requests", [["retry-after", seconds], ...fields]);
}

/** The reply to a request whose body is too large (RFC 9110, 15.5.14). */
export function tooLargeReply(): LocalReply {
  return text(413, TOO_LARGE, [proxyStatus("http_request_error", "the body is too large")]);
}

export const TOO_LARGE = "The request's body is too large";

/** The reply to a request for which there is no place at the moment. @param what there are too many of */
export function inFlightReply(what: string): LocalReply {
  const fields = [proxyStatus("http_request_denied", `too many ${what}`), RETRY_AFTER_FIELD];
  return text(503, "Service not available", fields);
}

/**
 * The reply to a WebSocket that its backend has not opened (RFC 9209, 2.1.4 and 2.3.23), if no more of the
 * backend's answer is known than its status. One that does not say that something is wrong becomes 502.
 */
export function notOpenedReply(status: number): LocalReply {
  const sentence = `The backend answered ${status} and did not open the WebSocket`;
  const [name, value] = proxyStatus("http_upgrade_failed");
  return text(status < 400 ? 502 : status, sentence, [[
    name,
    `${value}; received-status=${status}`,
  ]]);
}

/** A redirect by a route (RFC 9110, 15.4). */
export function redirectReply(status: number, location: string): LocalReply {
  return text(status, statusText(status), [["location", location], OURS]);
}

/** Statuses whose responses have no content (RFC 9110, 15.3.5, 15.3.6, 15.4.5). */
export const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * A response of a route's own.
 *
 * @param fields in lower case; without a Content-Type it is plain text
 * @param text is left out if the status allows no body
 */
export function ownReply(status: number, fields: LocalReply["fields"], text: string): LocalReply {
  const body = BODILESS.has(status) ? "" : text;
  const hasType = fields.some(([name]) => name === "content-type");
  const type = hasType || body === "" ? [] : [["content-type", typeOf(body)] as const];
  return { status, fields: [...type, ...fields, OURS], body };
}

/** Pages of the operator, by status: bodies of local replies. */
export type ErrorPages = ReadonlyMap<number, string>;

/** The same reply with the operator's page for its status in place of its text. */
export function withPage(reply: LocalReply, pages: ErrorPages): LocalReply {
  const page = pages.get(reply.status);
  if (page === undefined) return reply;
  const others = reply.fields.filter(([name]) => name !== "content-type");
  return { ...reply, fields: [["content-type", typeOf(page)], ...others], body: page };
}

function typeOf(body: string): string {
  return body.trimStart().startsWith("<")
    ? "text/html; charset=utf-8"
    : "text/plain; charset=utf-8";
}

/** Says that the balancer answered, and that nothing went wrong. */
const OURS: [string, string] = ["proxy-status", "roundabout"];

/** The reply if this program itself is at fault. */
export function internalErrorReply(): LocalReply {
  return replyFor("proxy_internal_error");
}

function replyFor(
  failure: FailureKind,
  details?: string,
  exact: Pick<Failed, "status" | "text"> = {},
): LocalReply {
  const { status, text: sentence } = FAILURES[failure];
  const fields = [proxyStatus(failure, details)];
  if (failure === "connection_limit_reached") fields.push(RETRY_AFTER_FIELD);
  return text(exact.status ?? status, exact.text ?? sentence, fields);
}

/** The reply to `OPTIONS` with `Max-Forwards: 0`: the balancer is its last recipient (RFC 9110, 7.6.2). */
export function lastRecipientReply(): LocalReply {
  return { status: 204, fields: [["allow", ALLOW], ["proxy-status", "roundabout"]], body: "" };
}

function text(status: number, body: string, fields: [string, string][]): LocalReply {
  return { status, fields: [["content-type", "text/plain"], ...fields], body: `${body}\n` };
}

function proxyStatus(error: string, details?: string): [string, string] {
  const suffix = details === undefined ? "" : `; details="${details}"`;
  return ["proxy-status", `roundabout; error=${error}${suffix}`];
}

function statusText(status: number): string {
  return (STATUS_TEXT as Record<number, string>)[status] ?? String(status);
}
