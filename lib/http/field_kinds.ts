/** The header fields that a proxy must not simply forward, by their names. */

/**
 * Fields that belong to one connection, not to the message (RFC 9110, 7.6.1), the two of RFC 9110,
 * 11.7 that address a proxy, and HTTP2-Settings (RFC 7540, 3.2.1): with that one forwarded, a client
 * could switch to HTTP/2 and pass every rule here. Trailer is forwarded only if trailers are.
 */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Fields of a request that the proxy sets, appends to or answers, beside X-Forwarded-*. */
export const PROXY_FIELDS: readonly string[] = [
  "host",
  "via",
  "expect",
  "x-request-id",
  "max-forwards",
];

/**
 * Fields in which proxies say, beside X-Forwarded-*, where a request came from and what it was for. Only
 * trusted peers may send them.
 */
export const FORWARDING_FIELDS: readonly string[] = [
  "forwarded",
  "x-real-ip",
  "x-original-url",
  "x-rewrite-url",
];

/**
 * Fields in which a proxy says which certificate a client has proved to have (RFC 9440). No peer may send
 * them, trusted ones neither: only what this proxy has verified counts.
 */
export const CLIENT_CERT_FIELDS: readonly string[] = ["client-cert", "client-cert-chain"];

/** Names that Connection cannot remove, because the message would change its meaning, and options of
 * Connection that are not names. */
const NOT_CONNECTION_OPTIONS = new Set(["host", "content-length", "date", "close", ""]);

/**
 * Whether a field says where a request came from and what it was for: X-Forwarded-* and
 * {@linkcode FORWARDING_FIELDS}. Signs in a name count as equal: CGI makes `HTTP_X_REAL_IP` of `X-Real-IP`
 * and of `X_Real_IP` (RFC 3875, 4.1.18), and some servers of `X.Real.IP`, too.
 *
 * @param name in lower case
 */
export function isForwardingField(name: string): boolean {
  const spelt = foldSigns(name);
  return spelt.startsWith("x-forwarded-") || FORWARDING_FIELDS.includes(spelt);
}

function foldSigns(name: string): string {
  return name.replace(/[^a-z0-9]/g, "-");
}

/** Whether a field is one of {@linkcode CLIENT_CERT_FIELDS}, with any signs. @param name in lower case */
export function isClientCertField(name: string): boolean {
  return name.startsWith("client") && CLIENT_CERT_FIELDS.includes(foldSigns(name));
}

/** Names of further hop-by-hop fields in one value of Connection, in lower case. */
export function connectionOptions(connection: string): string[] {
  return splitList(connection)
    .filter((name) =>
      !NOT_CONNECTION_OPTIONS.has(name) && (!HOP_BY_HOP.has(name) || name === "trailer")
    );
}

/** The items of a list of tokens, in lower case (RFC 9110, 5.6.1). */
export function splitList(list: string): string[] {
  return list.toLowerCase().split(",").map((item) => item.replace(/^[ \t]+|[ \t]+$/g, ""));
}
