/** What the admin port needs to know of a request, read from a head that is valid. */
import { readAbsoluteTarget, readHost } from "../engines/tcp/http1/request_host.ts";
import type { RequestHead } from "../engines/tcp/http1/request_head.ts";
import { textOf } from "../engines/tcp/http1/bytes.ts";

export interface AdminRequest {
  readonly method: string;
  /** As it was sent, without the query: nothing is decoded or resolved, so no path has two spellings. */
  readonly path: string;
  /** All that it names as its host: the authority of an absolute target, and Host. */
  readonly hosts: readonly string[];
  /** The lines of each field are joined; undefined if there are none. */
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
  /** The name of a field that only a proxy adds. */
  readonly proxyField: string | undefined;
  /** Of the body, in bytes. */
  readonly contentLength: number;
  /** Whether the body comes in chunks, without a length. */
  readonly isChunked: boolean;
  /** Whether the client waits with its body for a 100 (RFC 9110, 10.1.1). */
  readonly expectsContinue: boolean;
}

/** Any sign counts as a hyphen, as it does for programs that make variables of names. */
const PROXY_FIELD = /^(?:via|forwarded|x[^a-z0-9]forwarded.*)$/;

/** @throws {Malformed} if its host or target is not valid */
export function readRequest(bytes: Uint8Array, head: RequestHead): AdminRequest {
  const absolute = head.form === "absolute" ? readAbsoluteTarget(bytes, head) : undefined;
  const host = readHost(bytes, head);
  const target = absolute?.path ?? textOf(bytes, head.targetStart, head.targetEnd);
  let proxyField: string | undefined;
  head.forEachLine(bytes, (name) => {
    if (PROXY_FIELD.test(name)) proxyField ??= name;
  });
  return {
    method: head.readMethod(bytes),
    path: target.split("?", 1)[0]!,
    hosts: [
      ...(absolute === undefined ? [] : [absolute.authority]),
      ...(host === "" ? [] : [host]),
    ],
    origin: head.readField(bytes, "origin"),
    authorization: head.readField(bytes, "authorization"),
    proxyField,
    contentLength: Math.max(0, head.contentLength),
    isChunked: head.chunked,
    expectsContinue: head.readField(bytes, "expect")?.toLowerCase() === "100-continue",
  };
}
