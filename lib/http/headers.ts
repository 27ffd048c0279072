/**
 * Which header fields are forwarded, and which the proxy sets. Pure: lists of pairs in, lists out.
 * Names may be in any case; lines of one name stay apart and in order.
 */

import {
  CLIENT_CERT_FIELDS,
  connectionOptions,
  FORWARDING_FIELDS,
  HOP_BY_HOP,
  isClientCertField,
  isForwardingField,
  PROXY_FIELDS,
} from "./field_kinds.ts";
import { UNIX_PEER } from "./peer.ts";

/** One field line. */
export type Field = readonly [name: string, value: string];

/** First letters and lengths of all names looked for here, from {@linkcode computeKey}. */
const KEYS_OF_X = 0x10000;
const LOOKED_FOR = new Set(
  [...HOP_BY_HOP, ...PROXY_FIELDS, ...FORWARDING_FIELDS, ...CLIENT_CERT_FIELDS].map(computeKey),
);

/**
 * The status that says which protocols the request needs, by Upgrade (RFC 9110, 15.5.22). As no proxy can
 * say that in its stead, this one response keeps the field.
 */
export const UPGRADE_REQUIRED = 426;

/** What the fields that the proxy sets are made from. */
export interface Forwarding {
  /** Address of the peer, without its port; one on a unix socket has none, and adds nothing to X-Forwarded-For. */
  readonly clientAddress: string;
  /** Whether that peer's own {@linkcode isForwardingField} are trusted (`trustedProxies`). */
  readonly trusted: boolean;
  /** How the request arrived here. */
  readonly scheme: "http" | "https";
  /** The value of Client-Cert; undefined if the client has proved none. */
  readonly clientCert?: string | undefined;
  /** The HTTP version of the request, as Via writes it: `1.0`, `1.1` or `2`. */
  readonly version: string;
  /** This balancer's name in Via: a token. */
  readonly instanceName: string;
  /** Host and port that the request is for; empty if an HTTP/1.0 client did not name any. */
  readonly host: string;
  /** The Host that the backend gets, if it is not that one. */
  readonly sentHost?: string | undefined;
  /** Called if the client sent no X-Request-Id. */
  readonly newRequestId: () => string;
  /** Whether trailers are forwarded, and so Trailer. */
  readonly passesTrailers: boolean;
  /** Whether `Expect: 100-continue` is forwarded: only if it was not answered here. */
  readonly passesExpect: boolean;
}

/** What the received lines say that the proxy's own lines continue. */
export class ReceivedForwarding {
  forwardedFor = "";
  forwardedProto = false;
  forwardedHost = false;
  via = "";
  requestId = false;
}

/** The field lines of a forwarded request: Host, then the end-to-end lines received, then the proxy's. */
export function requestFields(lines: readonly Field[], forwarding: Forwarding): Field[] {
  const nominated = nominatedFields(lines);
  const received = new ReceivedForwarding();
  const fields: Field[] = [["host", forwarding.sentHost ?? forwarding.host]];
  for (const line of lines) {
    if (nominated === undefined && !isLookedFor(line[0])) {
      fields.push(line);
      continue;
    }
    const name = line[0].toLowerCase();
    if (name === "host" || nominated?.has(name)) continue;
    const value = forwardedValue(name, line[1], forwarding, received);
    if (value === line[1]) fields.push(line);
    else if (value !== undefined) fields.push([line[0], value]);
  }
  fields.push(...proxyFields(forwarding, received));
  return fields;
}

/**
 * The value with which one line of a request is forwarded.
 *
 * @param name in lower case; neither Host nor one that Connection names
 * @param received notes what the proxy's own lines must continue
 * @returns undefined if the line is not forwarded
 */
export function forwardedValue(
  name: string,
  value: string,
  { trusted, passesTrailers, passesExpect }: Forwarding,
  received: ReceivedForwarding,
): string | undefined {
  if (HOP_BY_HOP.has(name)) return name === "trailer" && passesTrailers ? value : undefined;
  if (!trusted && isForwardingField(name) || isClientCertField(name)) return undefined;
  if (name.startsWith("x-forwarded-")) {
    if (name === "x-forwarded-for") {
      received.forwardedFor = join(received.forwardedFor, value);
      return undefined;
    }
    if (name === "x-forwarded-proto") received.forwardedProto = true;
    if (name === "x-forwarded-host") received.forwardedHost = true;
  } else if (name === "via") {
    received.via = join(received.via, value);
    return undefined;
  } else if (name === "x-request-id") {
    received.requestId = true;
  } else if (name === "max-forwards") {
    return oneLess(value);
  } else if (name === "expect" && value.toLowerCase() === "100-continue" && !passesExpect) {
    return undefined;
  }
  return value;
}

/** The proxy's own lines, which say where a request came from; they come last. */
export function proxyFields(
  forwarding: Forwarding,
  received: ReceivedForwarding,
): Field[] {
  const { clientAddress, clientCert, scheme, version, instanceName, host } = forwarding;
  const fields: Field[] = [];
  if (clientCert !== undefined) fields.push(["client-cert", clientCert]);
  const forwardedFor = clientAddress === UNIX_PEER
    ? received.forwardedFor
    : join(received.forwardedFor, clientAddress);
  if (forwardedFor) fields.push(["x-forwarded-for", forwardedFor]);
  if (!received.forwardedProto) fields.push(["x-forwarded-proto", scheme]);
  if (!received.forwardedHost && host !== "") fields.push(["x-forwarded-host", host]);
  fields.push(["via", join(received.via, `${version} ${instanceName}`)]);
  if (!received.requestId) fields.push(["x-request-id", forwarding.newRequestId()]);
  return fields;
}

/**
 * The field lines of a response to the client: all but those of the connection to the backend.
 *
 * @param status of the response
 */
export function responseFields(received: readonly Field[], status: number): Field[] {
  const nominated = nominatedFields(received);
  const fields = received.filter(([name]) => {
    if (nominated === undefined && !isLookedFor(name)) return true;
    const lower = name.toLowerCase();
    return !HOP_BY_HOP.has(lower) && !nominated?.has(lower);
  });
  if (status === UPGRADE_REQUIRED) {
    const upgrades = received.filter(([name]) => name.toLowerCase() === "upgrade");
    if (upgrades.length > 0) fields.push(["connection", "upgrade"], ...upgrades);
  }
  return fields;
}

/**
 * Whether a name may be one that this file looks for. First letter and length rule out most names
 * without converting them to lower case: this runs for every line of every message.
 */
function isLookedFor(name: string): boolean {
  const key = computeKey(name);
  return key >= KEYS_OF_X || LOOKED_FOR.has(key);
}

/** A number from a name's first letter, in any case, and its length; {@linkcode KEYS_OF_X} for any x-. */
function computeKey(name: string): number {
  const letter = name.charCodeAt(0) | 0x20;
  return letter === 0x78 ? KEYS_OF_X : letter << 8 | Math.min(name.length, 0xff);
}

/** Names that Connection lists (RFC 9110, 7.6.1); undefined if there are none, the common case. */
function nominatedFields(lines: readonly Field[]): Set<string> | undefined {
  let names: Set<string> | undefined;
  for (const line of lines) {
    if (line[0].length !== 10 || line[0].toLowerCase() !== "connection") continue;
    for (const name of connectionOptions(line[1])) (names ??= new Set()).add(name);
  }
  return names;
}

/** One hop less (RFC 9110, 7.6.2); a value that is not a number stays as it is. */
function oneLess(maxForwards: string): string {
  return /^\d*[1-9]\d*$/.test(maxForwards) ? String(BigInt(maxForwards) - 1n) : maxForwards;
}

function join(list: string, item: string): string {
  return list === "" ? item : `${list}, ${item}`;
}
