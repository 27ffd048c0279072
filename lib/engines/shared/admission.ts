/**
 * What neither engine forwards, and what the balancer answers itself. Each engine refuses more of its
 * own: the web engine what fetch cannot carry, the tcp engine what is not valid HTTP/1.1.
 *
 * Each function returns undefined if nothing speaks against the request.
 */
import { isAuthority } from "../../http/authority.ts";
import type { Refusal } from "../../http/local_reply.ts";
import { COMMON_METHODS } from "../../http/methods.ts";
import { climbs } from "../../http/path_climb.ts";

/** Longer names do not exist (RFC 1035, 2.3.4), and each is written out twice. */
const MAX_HOST_BYTES = 512;

/** Methods that open a tunnel, or echo what only the backend should see. */
const NOT_FORWARDED = new Set(["CONNECT", "TRACE", "TRACK"]);

const METHOD: Refusal = { status: 405, reason: "this method is not forwarded" };
const HOST: Refusal = { status: 400, reason: "Host must be one host and an optional port" };
const TARGET: Refusal = {
  status: 400,
  reason: "the target must be a path, or an http URL without userinfo",
};
const CLIMB: Refusal = {
  status: 400,
  reason: "the path has dot segments that climb above its beginning",
};
const CODING: Refusal = { status: 501, reason: "Transfer-Encoding must be chunked" };

/** The refusal of an HTTP/1.1 request without Host (RFC 9112, 3.2). */
export const HOST_MISSING: Refusal = { status: 400, reason: "Host is missing" };

/** Refuses CONNECT, TRACE and TRACK, in any case: a backend may not care about case. */
export function refuseMethod(method: string): Refusal | undefined {
  if (COMMON_METHODS.has(method)) return undefined;
  return NOT_FORWARDED.has(method.toUpperCase()) ? METHOD : undefined;
}

/** Refuses a Host that is not one host and an optional port (RFC 9110, 7.2). */
export function refuseHost(host: string): Refusal | undefined {
  return isShortAuthority(host) ? undefined : HOST;
}

/**
 * Refuses an absolute target by its authority (RFC 9112, 3.2.2; RFC 9110, 4.2.4 on userinfo).
 *
 * @param authority undefined if the target is not an http URL at all
 */
export function refuseTarget(authority: string | undefined): Refusal | undefined {
  return authority !== undefined && isShortAuthority(authority) ? undefined : TARGET;
}

/**
 * Refuses a path that could leave the path prefix of a backend. Which backend is picked makes no
 * difference, or else the same request would be refused only now and then.
 *
 * @param path and query, as received
 */
export function refuseClimb(path: string): Refusal | undefined {
  return climbs(path) ? CLIMB : undefined;
}

/** Refuses every transfer coding but chunked: another one would have to be decoded (RFC 9112, 6.1). */
export function refuseTransferEncoding(codings: string): Refusal | undefined {
  return codings.toLowerCase() === "chunked" ? undefined : CODING;
}

/**
 * Whether the balancer is the last recipient that a request may reach, so that it must answer it itself
 * (RFC 9110, 7.6.2).
 *
 * @param maxForwards the value of Max-Forwards; undefined if there is none
 */
export function isLastRecipient(method: string, maxForwards: string | undefined): boolean {
  return maxForwards !== undefined && method === "OPTIONS" && /^0+$/.test(maxForwards);
}

function isShortAuthority(text: string): boolean {
  return text.length <= MAX_HOST_BYTES && isAuthority(text);
}
