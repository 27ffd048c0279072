/**
 * Which header fields travel on, and which are ours to set. Pure: lists of pairs in, lists out, names
 * in any case; lines of one name stay apart and in order.
 */

/** One field line. */
export type Field = readonly [name: string, value: string];

/**
 * Fields that belong to one connection, not to the message (RFC 9110, 7.6.1), the two of RFC 9110,
 * 11.7 that address a proxy, and HTTP2-Settings (RFC 7540, 3.2.1), which must never cross: with it a
 * client could talk HTTP/2 past every rule here. Trailer goes as trailers do not cross fetch either.
 */
const HOP_BY_HOP = new Set([
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

/** Fields of a request that we set, append to or answer for, beside X-Forwarded-*. */
const OURS = ["host", "via", "expect", "x-request-id", "max-forwards"];

/** First letters and lengths of all names looked for here, as {@linkcode keyOf} makes them. */
const KEYS_OF_X = 0x10000;
const LOOKED_FOR = new Set([...HOP_BY_HOP, ...OURS].map(keyOf));

/** What a Connection header cannot name away, as the message would mean something else; and what it
 * says that is no name. */
const NOT_NOMINATED = new Set(["host", "content-length", "date", "close", ""]);

/** What the balancer itself says of a request. */
export interface Forwarding {
  /** Address of the peer, without its port. */
  readonly clientAddress: string;
  /** Whether that peer's own X-Forwarded-* are believed (`TRUSTED_PROXIES`). */
  readonly trusted: boolean;
  /** How the request arrived here. */
  readonly scheme: "http" | "https";
  /** The HTTP version it arrived in, as Via writes it: `1.1` or `2`. */
  readonly version: string;
  /** Host and port that the request is for. */
  readonly host: string;
  /** Used where the client sent no X-Request-Id. */
  readonly newRequestId: () => string;
}

/** The field lines of a forwarded request: Host first, end-to-end lines as they came, then ours. */
export function requestFields(received: readonly Field[], forwarding: Forwarding): Field[] {
  const { clientAddress, trusted, scheme, version, host } = forwarding;
  const nominated = nominatedFields(received);
  const fields: Field[] = [["host", host]];
  let requestId = false, forwardedProto = false, forwardedHost = false;
  let forwardedFor = "", via = "";

  for (const line of received) {
    if (nominated === undefined && !isLookedFor(line[0])) {
      fields.push(line);
      continue;
    }
    const name = line[0].toLowerCase();
    if (name === "host" || HOP_BY_HOP.has(name)) continue;
    if (nominated?.has(name)) continue;
    if (name.startsWith("x-forwarded-")) {
      if (!trusted) continue;
      if (name === "x-forwarded-for") {
        forwardedFor = join(forwardedFor, line[1]);
        continue;
      }
      if (name === "x-forwarded-proto") forwardedProto = true;
      if (name === "x-forwarded-host") forwardedHost = true;
    } else if (name === "via") {
      via = join(via, line[1]);
      continue;
    } else if (name === "x-request-id") {
      requestId = true;
    } else if (name === "max-forwards") {
      fields.push([line[0], oneLess(line[1])]);
      continue;
    } else if (name === "expect" && line[1].toLowerCase() === "100-continue") {
      continue; // answered already: the engine told the client to go on
    }
    fields.push(line);
  }

  fields.push(["x-forwarded-for", join(forwardedFor, clientAddress)]);
  if (!forwardedProto) fields.push(["x-forwarded-proto", scheme]);
  if (!forwardedHost) fields.push(["x-forwarded-host", host]);
  fields.push(["via", join(via, `${version} roundabout`)]);
  if (!requestId) fields.push(["x-request-id", forwarding.newRequestId()]);
  return fields;
}

/** The field lines of a response on its way to the client: all but those of the hop behind us. */
export function responseFields(received: readonly Field[]): Field[] {
  const nominated = nominatedFields(received);
  return received.filter(([name]) => {
    if (nominated === undefined && !isLookedFor(name)) return true;
    const lower = name.toLowerCase();
    return !HOP_BY_HOP.has(lower) && !nominated?.has(lower);
  });
}

/**
 * Whether a name may be one that this file looks for. Most are not, and their first letter and length
 * tell: this is asked of every line of every message, and saves it from being put in lower case.
 */
function isLookedFor(name: string): boolean {
  const key = keyOf(name);
  return key >= KEYS_OF_X || LOOKED_FOR.has(key);
}

/** A number out of a name's first letter, whatever its case, and its length; for any x- the highest. */
function keyOf(name: string): number {
  const letter = name.charCodeAt(0) | 0x20;
  return letter === 0x78 ? KEYS_OF_X : letter << 8 | Math.min(name.length, 0xff);
}

/** Names that Connection lists (RFC 9110, 7.6.1); undefined where there are none, the common case. */
function nominatedFields(lines: readonly Field[]): Set<string> | undefined {
  let names: Set<string> | undefined;
  for (const line of lines) {
    if (line[0].length !== 10 || line[0].toLowerCase() !== "connection") continue;
    for (const item of line[1].split(",")) {
      const token = item.trim().toLowerCase();
      if (!NOT_NOMINATED.has(token) && !HOP_BY_HOP.has(token)) (names ??= new Set()).add(token);
    }
  }
  return names;
}

/** RFC 9110, 7.6.2: one hop less; a value that is no number is not ours to mend. */
function oneLess(maxForwards: string): string {
  return /^\d*[1-9]\d*$/.test(maxForwards) ? String(BigInt(maxForwards) - 1n) : maxForwards;
}

function join(list: string, item: string): string {
  return list === "" ? item : `${list}, ${item}`;
}
