/** The host that a request is for, from Host or from its target (RFC 9112, 3.2). */
import { UNKNOWN } from "../../shared/access_entry.ts";
import { refuseHost, refuseTarget } from "../../shared/admission.ts";
import { textOf } from "./bytes.ts";
import { throwIfRefused } from "./malformed.ts";
import type { RequestHead } from "./request_head.ts";

interface Target {
  readonly authority: string;
  readonly path: string;
}

/**
 * Reads and checks Host.
 *
 * @returns an empty string if there is none, which only HTTP/1.0 allows
 * @throws {Malformed} if it is not one host and an optional port
 */
export function readHost(bytes: Uint8Array, { hostStart, hostEnd }: RequestHead): string {
  if (hostEnd === 0) return "";
  const host = textOf(bytes, hostStart, hostEnd);
  throwIfRefused(refuseHost(host));
  return host;
}

/**
 * Splits an absolute target into authority, which replaces Host, and path (RFC 9112, 3.2.2).
 *
 * @throws {Malformed} if it is not an http URL, or has userinfo, or if Host is not valid
 */
export function readAbsoluteTarget(bytes: Uint8Array, head: RequestHead): Target {
  const target = splitTarget(bytes, head);
  throwIfRefused(refuseTarget(target?.authority));
  readHost(bytes, head); // checked although it is replaced
  return target!;
}

/** How much the access log gets of a request line that is not valid, or longer than its limit. */
const MAX_SHOWN_BYTES = 1024;

/**
 * Reads method and path for the access log, of a request that is refused.
 *
 * @param filled where the bytes received end
 * @param head which may be incomplete or not valid; undefined if none has begun
 */
export function readRequestLine(
  bytes: Uint8Array,
  filled: number,
  head: RequestHead | undefined,
): { method: string; path: string } {
  if (head === undefined) return { method: UNKNOWN, path: UNKNOWN };
  // fieldsStart is set once the request line is complete and valid.
  if (head.fieldsStart === 0) return guessRequestLine(bytes, head.start, filled);
  const target = textOf(bytes, head.targetStart, head.targetEnd);
  const path = head.form === "absolute" ? splitTarget(bytes, head)?.path ?? target : target;
  return { method: head.readMethod(bytes), path };
}

/** What there is of a request line that is not valid, or not complete. */
function guessRequestLine(bytes: Uint8Array, start: number, filled: number) {
  const text = textOf(bytes, start, Math.min(filled, start + MAX_SHOWN_BYTES));
  const [line = ""] = text.trimStart().split(/[\r\n]/, 1);
  const [, method, path = ""] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) +([^ ]*)/.exec(line) ?? [];
  return { method: method ?? UNKNOWN, path: percentEncode(method === undefined ? line : path) };
}

/** Percent-encodes each byte that is not visible ASCII. @param text with one character for each byte */
function percentEncode(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, (character) => {
    const digits = character.charCodeAt(0).toString(16).toUpperCase();
    return `%${digits.padStart(2, "0")}`;
  });
}

/** @returns undefined if it is not an http URL */
function splitTarget(bytes: Uint8Array, head: RequestHead): Target | undefined {
  const target = textOf(bytes, head.targetStart, head.targetEnd);
  const [, authority, path = ""] = /^https?:\/\/([^/?]*)(.*)$/is.exec(target) ?? [];
  if (authority === undefined) return undefined;
  // RFC 9112, 3.2.4: OPTIONS without path and query is for the server as a whole.
  const forServer = path === "" && head.readMethod(bytes) === "OPTIONS";
  return { authority, path: forServer ? "*" : path.startsWith("/") ? path : `/${path}` };
}
