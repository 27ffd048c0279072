/** The host that a request names, in Host or in its target (RFC 9112, 3.2). */
import { UNKNOWN } from "../../shared/access_entry.ts";
import { refuseHost, refuseTarget } from "../../shared/admission.ts";
import { textOf } from "./bytes.ts";
import { throwIfRefused } from "./malformed.ts";
import type { RequestHead } from "./request_head.ts";

interface Target {
  readonly authority: string;
  readonly path: string;
}

/** @throws {Malformed} if it is not a host and optional port; an HTTP/1.0 request may have none */
export function hostOf(bytes: Uint8Array, { hostStart, hostEnd }: RequestHead): string {
  if (hostEnd === 0) return "";
  const host = textOf(bytes, hostStart, hostEnd);
  throwIfRefused(refuseHost(host));
  return host;
}

/**
 * Takes an absolute target apart: its authority replaces Host (RFC 9112, 3.2.2).
 *
 * @throws {Malformed} if it is not an http URL, or has userinfo, or if Host is not valid
 */
export function absoluteTarget(bytes: Uint8Array, head: RequestHead): Target {
  const target = splitTarget(bytes, head);
  throwIfRefused(refuseTarget(target?.authority));
  hostOf(bytes, head); // Host is replaced, but must be valid all the same
  return target!;
}

/** Method and path for the log, of a head that is not forwarded and may not be complete. */
export function readRequestLine(bytes: Uint8Array, head: RequestHead | undefined) {
  // Where the field lines begin is known once the request line is complete and valid.
  if (head === undefined || head.fieldsStart === 0) return { method: UNKNOWN, path: UNKNOWN };
  const path = head.form === "absolute"
    ? splitTarget(bytes, head)?.path ?? UNKNOWN
    : textOf(bytes, head.targetStart, head.targetEnd);
  return { method: head.methodOf(bytes), path };
}

/** @returns undefined if it is not an http URL */
function splitTarget(bytes: Uint8Array, head: RequestHead): Target | undefined {
  const target = textOf(bytes, head.targetStart, head.targetEnd);
  const [, authority, path = ""] = /^https?:\/\/([^/?]*)(.*)$/is.exec(target) ?? [];
  if (authority === undefined) return undefined;
  // RFC 9112, 3.2.4: to OPTIONS, no path and no query mean the server as a whole.
  const server = path === "" && head.methodOf(bytes) === "OPTIONS";
  return { authority, path: server ? "*" : path.startsWith("/") ? path : `/${path}` };
}
