/** The access log's entry of a request: the same for both engines, however the request ended. */
import type { AccessEntry } from "../../logging/access_log.ts";
import type { Result } from "../../proxy.ts";
import type { RequestFacts } from "../../request_facts.ts";

/** What an entry says of the request itself. */
export type LoggedRequest = Pick<RequestFacts, "clientAddress" | "method" | "path">;

/** Why a request was not forwarded, and the status that the client got. */
export interface LoggedRefusal {
  readonly status: number;
  readonly reason: string;
}

/** How the exchange with the client ended. */
export interface Ending {
  /** The status that the client got. */
  readonly status: number;
  /** Why the response did not get through whole; undefined if it did, or if that is not known. */
  readonly broken: string | undefined;
  /** From the request's arrival until now, in milliseconds. */
  readonly milliseconds: number;
}

/** Stands in an entry for a method or a path that could not be read. */
export const UNKNOWN = "-";

const UNPRINTABLE = /[^\x21-\x7e]/;
const UNPRINTABLES = /[^\x21-\x7e]+/g;

/**
 * The entry of a request that a backend answered, or for which every attempt failed.
 *
 * @param now the wall-clock time in milliseconds since 1970
 */
export function finishedEntry(
  request: LoggedRequest,
  result: Result<unknown>,
  { status, broken, milliseconds }: Ending,
  now: number,
): AccessEntry {
  return {
    time: new Date(now - milliseconds),
    clientAddress: request.clientAddress,
    method: request.method,
    path: printable(request.path),
    status,
    milliseconds,
    attempts: result.attempts,
    verdict: result.kind === "failed" ? result.verdict : undefined,
    broken,
  };
}

/**
 * The entry of a request that was not forwarded.
 *
 * @param request with {@linkcode UNKNOWN} for what could not be read
 * @param now the wall-clock time in milliseconds since 1970
 */
export function refusedEntry(
  request: LoggedRequest,
  { status, reason }: LoggedRefusal,
  now: number,
): AccessEntry {
  return {
    time: new Date(now),
    clientAddress: request.clientAddress,
    method: request.method,
    path: printable(request.path),
    status,
    milliseconds: 0,
    attempts: [],
    refused: reason,
  };
}

/**
 * The text with every character that is not visible ASCII percent-encoded: a path must not be able to
 * forge a line of the log, or to move the cursor of the terminal that shows it.
 */
function printable(text: string): string {
  if (!UNPRINTABLE.test(text)) return text;
  return text.toWellFormed().replace(UNPRINTABLES, encodeURIComponent);
}
