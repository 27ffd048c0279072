/** Which fields may stand in trailers (RFC 9110, 6.5.1). */
import { HOP_BY_HOP, isClientCertField, isForwardingField } from "./field_kinds.ts";

/**
 * Fields that have a meaning only before the body: framing, routing, authentication, conditions and
 * controls of the request, and the format of the content. A recipient that merged them into the head
 * would see another message than the proxies before it.
 */
const ONLY_IN_HEAD = new Set([
  "accept-ranges",
  "age",
  "authorization",
  "cache-control",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "cookie",
  "date",
  "expect",
  "expires",
  "host",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "location",
  "max-forwards",
  "pragma",
  "range",
  "retry-after",
  "set-cookie",
  "vary",
  "via",
  "www-authenticate",
  "x-request-id",
]);

/** Whether a field may be a trailer. @param name in lower case */
export function mayBeTrailer(name: string): boolean {
  return !HOP_BY_HOP.has(name) && !ONLY_IN_HEAD.has(name) && !isForwardingField(name) &&
    !isClientCertField(name);
}
