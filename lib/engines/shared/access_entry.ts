/** The access log's entry of a request: the same for both engines, however the request ended. */
import { LOG_FIELDS, type LogField } from "../../config/values/log_fields.ts";
import {
  clientAddressOf,
  type ForwardedFacts,
  type IsTrusted,
} from "../../http/trusted_proxies.ts";
import type { AccessEntry } from "../../logging/access_log.ts";
import type { Failed } from "../../outcome.ts";
import type { Result } from "../../proxy.ts";
import type { Route } from "../../routing/route.ts";
import { isDeparture } from "./failures.ts";

/** What an entry says of the request itself. */
export type LoggedRequest = Pick<
  AccessEntry,
  "clientAddress" | "peerAddress" | "method" | "path" | "requestId" | "route" | "pool" | "fields"
>;

/** A request, as far as the access log is concerned; its `clientAddress` is the peer's. */
export interface LoggedFacts extends ForwardedFacts {
  readonly method: string;
  readonly path: string;
  /** What X-Request-Id says to backends; undefined if no backend was asked and the client sent none. */
  readonly requestId: string | undefined;
  /** Host and port that it is for; undefined if they could not be read. */
  readonly host: string | undefined;
  /** The name of the listener that it came in at. */
  readonly listener: string;
  /** Of basic authentication; undefined if no password was found right. */
  readonly user?: string | undefined;
  /** Its route and its pool, once they are known. */
  readonly way?: LoggedWay | undefined;
}

interface LoggedWay {
  readonly route: Pick<Route, "id" | "isOnly">;
  readonly destination: { readonly name: string };
}

/** Why a request was not forwarded, and the status that the client got. */
export interface LoggedRefusal {
  readonly status: number;
  readonly reason: string;
  /** The id of its route, if that turned it away and is not the only one. */
  readonly route?: string | undefined;
}

/** How the exchange with the client ended. */
export interface Ending {
  /** The status that the client got; 0 if its connection was closed without a response. */
  readonly status: number;
  /** Why the response did not get through whole; undefined if it did, or if that is not known. */
  readonly broken: Failed | undefined;
  /** Bytes of the response's body that were sent. */
  readonly bytes: number;
  /** From the request's arrival until now, in milliseconds. */
  readonly milliseconds: number;
}

/** Stands in an entry for a method or a path that could not be read. */
export const UNKNOWN = "-";

const UNPRINTABLE = /[^\x21-\x7e]/;
const UNPRINTABLES = /[^\x21-\x7e]+/g;

/** The status of a request whose client left before it had its whole response; nginx made the number up. */
const CLIENT_LEFT_STATUS = 499;

/** Longer values of fields are cut off: a client chooses their length. */
const MAX_FIELD_CHARACTERS = 512;

/** What an entry says of a request. */
export type Describe = (facts: LoggedFacts) => LoggedRequest;

/**
 * Makes the function that describes a request.
 *
 * @param isTrusted whether an address is that of a trusted proxy
 * @param names of the fields that entries have beside the rest
 */
export function createDescribe(isTrusted: IsTrusted, names: readonly LogField[]): Describe {
  if (names.length === 0) return (facts) => describe(facts, isTrusted);
  const ordered = LOG_FIELDS.filter((name) => names.includes(name));
  return (facts) => ({ ...describe(facts, isTrusted), fields: fieldsOf(facts, ordered) });
}

/** The fields that the request has. */
function fieldsOf(facts: LoggedFacts, names: readonly LogField[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const name of names) {
    const value = fieldOf(facts, name);
    if (value) fields[name] = value.slice(0, MAX_FIELD_CHARACTERS);
  }
  return fields;
}

function fieldOf(facts: LoggedFacts, name: LogField): string | undefined {
  switch (name) {
    case "host":
    case "listener":
    case "user":
      return facts[name];
    case "user_agent":
      return facts.header("user-agent");
    case "referer":
      return facts.header("referer");
  }
}

function describe(facts: LoggedFacts, isTrusted: IsTrusted): LoggedRequest {
  return {
    clientAddress: clientAddressOf(facts, isTrusted),
    peerAddress: facts.clientAddress,
    method: facts.method,
    path: printable(facts.path),
    requestId: facts.requestId,
    ...(facts.way !== undefined && !facts.way.route.isOnly && {
      route: facts.way.route.id,
      pool: facts.way.destination.name,
    }),
  };
}

/** The text with every character that is not visible ASCII percent-encoded, as a URL has it. */
function printable(text: string): string {
  if (!UNPRINTABLE.test(text)) return text;
  return text.toWellFormed().replace(UNPRINTABLES, encodeURIComponent);
}

/**
 * The entry of a request that a backend answered, or for which every attempt failed.
 *
 * @param now the wall-clock time in milliseconds since 1970
 */
export function finishedEntry(
  request: LoggedRequest,
  result: Result<unknown>,
  { status, broken, bytes, milliseconds }: Ending,
  now: number,
): AccessEntry {
  const failure = broken ?? (result.kind === "failed" ? result.outcome : undefined);
  const hasLeft = failure !== undefined && isDeparture(failure);
  return {
    time: new Date(now - milliseconds),
    ...request,
    status: hasLeft ? CLIENT_LEFT_STATUS : status,
    bytes,
    milliseconds,
    attempts: result.attempts,
    verdict: result.kind === "failed" ? result.verdict : undefined,
    broken: hasLeft ? failure.detail : broken?.detail,
  };
}

/**
 * The entry of a request that was not forwarded.
 *
 * @param request with {@linkcode UNKNOWN} for what could not be read
 * @param bytes of the reply's body
 * @param milliseconds from its arrival until now
 * @param now the wall-clock time in milliseconds since 1970
 */
export function refusedEntry(
  request: LoggedRequest,
  { status, reason, route }: LoggedRefusal,
  { bytes, milliseconds }: Pick<Ending, "bytes" | "milliseconds">,
  now: number,
): AccessEntry {
  return {
    time: new Date(now - milliseconds),
    ...request,
    ...(route !== undefined && { route }),
    status,
    bytes,
    milliseconds,
    attempts: [],
    refused: reason,
  };
}
