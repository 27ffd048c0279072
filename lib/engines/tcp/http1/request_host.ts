/** The host that a request names, in Host or in its target (RFC 9112, 3.2). */
import { isAuthority } from "../../../http/authority.ts";
import { textOf } from "./bytes.ts";
import { Malformed } from "./malformed.ts";
import type { RequestHead } from "./request_head.ts";

/** Longer names exist nowhere (RFC 1035, 2.3.4), and each is written out twice. */
const MAX_HOST = 512;

/** @throws {Malformed} where it is no host and optional port; an HTTP/1.0 request may have none */
export function hostOf(bytes: Uint8Array, { hostStart, hostEnd }: RequestHead): string {
  if (hostEnd === 0) return "";
  const host = hostEnd - hostStart > MAX_HOST ? "" : textOf(bytes, hostStart, hostEnd);
  if (!isAuthority(host)) throw new Malformed("Host must be one host and an optional port");
  return host;
}

/** An absolute target, taken apart: its authority replaces Host (RFC 9112, 3.2.2). */
export function absoluteTarget(bytes: Uint8Array, head: RequestHead) {
  const target = textOf(bytes, head.targetStart, head.targetEnd);
  const [, authority = "", path = ""] = /^https?:\/\/([^/?]*)(.*)$/is.exec(target) ?? [];
  if (authority.length > MAX_HOST || !isAuthority(authority)) {
    throw new Malformed("the target must be a path, or an http URL without userinfo");
  }
  hostOf(bytes, head); // what is replaced must be a host, too
  // RFC 9112, 3.2.4: to OPTIONS, no path and no query mean the server as a whole.
  const server = path === "" && head.methodOf(bytes) === "OPTIONS";
  return { authority, path: server ? "*" : path.startsWith("/") ? path : `/${path}` };
}
