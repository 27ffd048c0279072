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

/** Tells most names apart from those without looking at a letter: this runs for every line. */
const HOP_BY_HOP_LENGTHS: readonly boolean[] = Array.from(
  { length: 64 },
  (_, length) => [...HOP_BY_HOP].some((name) => name.length === length),
);

/** Fields that a Connection header cannot name away: the message would mean something else. */
const NOT_NOMINATED = new Set(["host", "content-length", "date"]);

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
export function requestFields(received: Iterable<Field>, forwarding: Forwarding): Field[] {
  const { clientAddress, trusted, scheme, version, host } = forwarding;
  const lines = received as readonly Field[];
  const nominated = nominatedFields(lines);
  const fields: Field[] = [["host", host]];
  let requestId = false, forwardedProto = false, forwardedHost = false;
  let forwardedFor = "", via = "";

  for (const line of lines) {
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
export function responseFields(received: Iterable<Field>): Field[] {
  const lines = received as readonly Field[];
  const nominated = nominatedFields(lines);
  const fields: Field[] = [];
  for (const line of lines) {
    if (nominated !== undefined || HOP_BY_HOP_LENGTHS[line[0].length]) {
      const name = line[0].toLowerCase();
      if (HOP_BY_HOP.has(name) || nominated?.has(name)) continue;
    }
    fields.push(line);
  }
  return fields;
}

/** Names that Connection lists (RFC 9110, 7.6.1); undefined where there are none, the common case. */
function nominatedFields(lines: readonly Field[]): Set<string> | undefined {
  let names: Set<string> | undefined;
  for (const line of lines) {
    if (line[0].length !== 10 || line[0].toLowerCase() !== "connection") continue;
    for (const item of line[1].split(",")) {
      const token = item.trim().toLowerCase();
      if (token !== "" && !NOT_NOMINATED.has(token)) (names ??= new Set()).add(token);
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
