/**
 * What is not forwarded: requests that Deno.serve lets through and a proxy must not pass on, and
 * those that fetch could not carry unchanged. Each is answered with its reason; none reaches a backend.
 */
import type { Refusal } from "../../http/local_reply.ts";
import { isAuthority } from "../../http/authority.ts";
import { announcedLength, type Head } from "./head.ts";
import { type Target, targetOf, unforwardable } from "../../http/request_target.ts";

/** Methods that fetch refuses to send. */
const NOT_SENT = new Set(["CONNECT", "TRACE", "TRACK"]);

/** Methods as they mostly come. In another case fetch would capitalize each of them but PATCH. */
const COMMON = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Methods with which fetch sends no body. */
const BODILESS = new Set(["GET", "HEAD"]);

/** As many as the tcp engine takes. */
const MAX_FIELDS = 100;

/**
 * @param fallbackHost the host and port that Deno.serve puts into the URL where the client named none
 * @param maxHeaderSize of a head, in bytes; of more than 64 KiB nothing is seen here, as Deno.serve
 * answers those 400 by itself
 */
export function admit(
  head: Head,
  fallbackHost: string,
  maxHeaderSize: number,
): Target | Refusal {
  const { method, host, transferEncoding } = head;
  const tooLarge = refuseTooLarge(head, maxHeaderSize);
  if (tooLarge !== undefined) return tooLarge;
  if (!COMMON.has(method)) {
    if (NOT_SENT.has(method.toUpperCase())) return refuse(405, "this method is not forwarded");
    if (COMMON.has(method.toUpperCase()) && method.toUpperCase() !== "PATCH") {
      return refuse(400, "methods are case-sensitive, and fetch would capitalize this one");
    }
  }

  if (host !== undefined && !isAuthority(host)) {
    return refuse(400, "Host must be one host and an optional port");
  }
  const target = targetOf(head.url, host);
  if (target === undefined || (target.authority !== host && !isAuthority(target.authority))) {
    return refuse(400, "the target must be a path, or an http URL without userinfo");
  }
  if (host === undefined && !looksLikeHttp2(head, target, fallbackHost)) {
    return refuse(400, "Host is missing");
  }
  if (method === "OPTIONS" && target.path === "/*") {
    return refuse(400, "the target * cannot be forwarded by fetch");
  }
  const obstacle = unforwardable(target.path);
  if (obstacle !== undefined) return refuse(400, obstacle);

  if (transferEncoding !== undefined && transferEncoding.toLowerCase() !== "chunked") {
    return refuse(501, "Transfer-Encoding must be chunked");
  }
  if (BODILESS.has(method) && announcedLength(head) !== 0) {
    return refuse(400, "a GET or HEAD with a body cannot be forwarded by fetch");
  }
  return target;
}

/**
 * Whether a request without Host may be HTTP/2, which has none. Deno.serve does not tell the version,
 * but HTTP/2 has all field names in lower case; and where there are none, an authority that is not the
 * one Deno.serve puts in for a missing Host.
 */
function looksLikeHttp2({ fields }: Head, { authority }: Target, fallbackHost: string): boolean {
  if (fields.length === 0) return authority !== fallbackHost;
  return fields.every(([name]) => name === name.toLowerCase());
}

/** Two answers, so that the client knows what to shorten (RFC 9110, 15.5.15; RFC 6585, 5). */
function refuseTooLarge(head: Head, most: number): Refusal | undefined {
  const { url, host, fields, fieldsSize } = head;
  if (fields.length > MAX_FIELDS) return refuse(431, "there are too many fields");
  const targetSize = url.length - "http://".length - (host?.length ?? 0);
  if (targetSize > most / 2) {
    return refuse(414, "the target is longer than half of MAX_HEADER_SIZE");
  }
  if (targetSize + fieldsSize <= most) return undefined;
  return refuse(431, "the head is larger than MAX_HEADER_SIZE");
}

function refuse(status: Refusal["status"], reason: string): Refusal {
  return { status, reason };
}
