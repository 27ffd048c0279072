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

/**
 * Reads method and path for the access log, of a request that is refused.
 *
 * @param head which may be incomplete or not valid; undefined if none has begun
 */
export function readRequestLine(bytes: Uint8Array, head: RequestHead | undefined) {
  // fieldsStart is set once the request line is complete and valid.
  if (head === undefined || head.fieldsStart === 0) return { method: UNKNOWN, path: UNKNOWN };
  const path = head.form === "absolute"
    ? splitTarget(bytes, head)?.path ?? UNKNOWN
    : textOf(bytes, head.targetStart, head.targetEnd);
  return { method: head.readMethod(bytes), path };
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
