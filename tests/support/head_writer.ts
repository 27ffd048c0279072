/** Writes the head of a request as a backend gets it, from text to text. */
import { assert, assertEquals } from "@std/assert";
import { bytesOf, textOf } from "../../lib/engines/tcp/http1/bytes.ts";
import { ForwardedHead } from "../../lib/engines/tcp/http1/forwarded_head.ts";
import { ProxyLines } from "../../lib/engines/tcp/http1/proxy_lines.ts";
import { RequestHead } from "../../lib/engines/tcp/http1/request_head.ts";

/** The address of the client. */
export const CLIENT = "192.0.2.1";
/** Bytes before it, as heads of later requests do not begin at offset 0. */
export const BEFORE = "the request before";
export const REQUEST_ID =
  /^x-request-id: [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/m;

export interface Options {
  prefix?: string;
  /** Host and port of the backend. */
  authority?: string;
  trusted?: boolean;
  upgrade?: string | undefined;
  /** Those of an earlier request on the same connection. */
  proxyLines?: ProxyLines;
}

/** Writes the head of a request as a backend gets it. */
export function write(text: string, options: Options = {}) {
  const { prefix = "", authority = "b.test:81", trusted = false, upgrade } = options;
  const bytes = bytesOf(`${BEFORE}${text}body`);
  const proxyLines = options.proxyLines ??
    new ProxyLines({ address: CLIENT, scheme: "http" }, trusted, "roundabout");
  const head = new RequestHead();
  head.forwarding.trusted = proxyLines.trusted;
  head.reset(BEFORE.length);
  assert(head.scan(bytes, bytes.length), "the head is not complete");
  const forwarded = new ForwardedHead(bytes, head, proxyLines, upgrade);
  const maxLength = forwarded.maxLength(bytesOf(prefix), authority);
  const out = new Uint8Array(maxLength + 1_000);
  const end = forwarded.write(bytes, out, bytesOf(prefix), authority);
  assertEquals(textOf(bytes), `${BEFORE}${text}body`);
  assertEquals(out.subarray(end).some((byte) => byte !== 0), false);
  return { text: textOf(out, 0, end), end, maxLength, forwarded };
}

/** Joins lines to a head. */
export const lines = (...all: string[]) => [...all, "", ""].join("\r\n");

/** The lines that the backend gets; a new request id is shown as `ID`. */
export function forward(request: string[], options: Options = {}): string[] {
  const { text } = write(lines(...request), options);
  assert(text.endsWith("\r\n\r\n"));
  return text.replace(REQUEST_ID, "x-request-id: ID").slice(0, -4).split("\r\n");
}

/** The lines that the proxy adds to a request that has none of them. */
export const ADDED_LINES = [
  `x-forwarded-for: ${CLIENT}`,
  "x-forwarded-proto: http",
  "x-forwarded-host: a.test",
  "via: 1.1 roundabout",
  "x-request-id: ID",
];
