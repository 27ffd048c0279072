/**
 * How a response's body is framed on its way to the client (RFC 9112, 6.3), and its head made to say so,
 * where it lies: what stays behind is closed up, what is added goes in front of the empty line.
 */
import { bytesOf, SP } from "./bytes.ts";
import type { ResponseHead } from "./response_head.ts";

/** How the end of a body is told. */
export type Framing =
  /** There is none: the head is all. */
  | "none"
  | "length"
  /** As the backend made the chunks. */
  | "chunked"
  /** In chunks of ours, of what the backend ends by closing. */
  | "made chunked"
  /** By closing, for a client that knows no chunks. */
  | "close";

/** The framing that a client gets. @param minor of the client's HTTP version */
export function framingOf(head: ResponseHead, method: string, minor: number): Framing {
  const { status } = head;
  if (method === "HEAD" || status === 204 || status === 304) return "none";
  if (head.contentLength !== -1) return head.contentLength === 0 ? "none" : "length";
  if (minor === 0) return "close";
  return head.chunked ? "chunked" : "made chunked";
}

/** What is added to a head at most. */
const CLOSE = bytesOf("connection: close\r\n");
const KEEP_ALIVE = bytesOf("connection: keep-alive\r\n");
const CHUNKED = bytesOf("transfer-encoding: chunked\r\n");

/** What the client is told of its connection; `undefined` where it knows by itself. */
export type Persistence = "close" | "keep-alive" | undefined;

/**
 * Makes a response's head into what the client gets, in front of the body that follows it.
 *
 * @param bytes the response, with room in front of it for all that may be added: HEADROOM_BYTES is enough
 * @param cookie what Set-Cookie says beside the backend's own
 * @returns where it begins now; it ends where it ended before
 */
export function editHead(
  bytes: Uint8Array,
  head: ResponseHead,
  framing: Framing,
  persistence: Persistence,
  cookie?: string,
): number {
  if (head.nominated !== undefined || hasNoLength(head)) cutMore(bytes, head);
  let start = closeUp(bytes, head);
  if (framing === "chunked" || framing === "made chunked") {
    start = insert(bytes, start, head.end, CHUNKED);
  }
  if (persistence === "close") start = insert(bytes, start, head.end, CLOSE);
  if (persistence === "keep-alive") start = insert(bytes, start, head.end, KEEP_ALIVE);
  if (cookie !== undefined) {
    start = insert(bytes, start, head.end, bytesOf(`set-cookie: ${cookie}\r\n`));
  }
  bytes[start + 7] = 0x31; // we speak HTTP/1.1, whatever the backend does (RFC 9110, 6.2)
  return bytes[start + 12] === SP ? start : withSpace(bytes, start);
}

/** Closes up what is cut by moving what stands before it. @returns where the head begins now */
export function closeUp(bytes: Uint8Array, { cuts, cutCount, start }: ResponseHead): number {
  let shift = 0;
  for (let i = cutCount - 1; i >= 0; i--) {
    const from = i === 0 ? start : cuts[2 * i - 1]!;
    const to = cuts[2 * i]!;
    shift += cuts[2 * i + 1]! - to;
    bytes.copyWithin(from + shift, from, to);
  }
  return start + shift;
}

/** Puts a line in front of the empty one. @returns where the head begins now */
export function insert(bytes: Uint8Array, start: number, end: number, line: Uint8Array): number {
  bytes.copyWithin(start - line.length, start, end - 2);
  bytes.set(line, end - 2 - line.length);
  return start - line.length;
}

/** The space after the status, without which some servers send no reason (RFC 9112, 4). */
function withSpace(bytes: Uint8Array, start: number): number {
  bytes.copyWithin(start - 1, start, start + 12);
  bytes[start + 11] = SP;
  return start - 1;
}

/** Responses that must not have a Content-Length (RFC 9110, 8.6). */
function hasNoLength({ status, contentLength }: ResponseHead): boolean {
  return (status < 200 || status === 204) && contentLength !== -1;
}

/** Cuts what Connection names, and a length where there must be none. */
function cutMore(bytes: Uint8Array, head: ResponseHead): void {
  const lines: [number, number][] = [];
  for (let i = 0; i < head.cutCount; i++) lines.push([head.cuts[2 * i]!, head.cuts[2 * i + 1]!]);
  head.forEachLine(bytes, (name, _value, lineStart, lineEnd) => {
    const goes = head.nominated?.has(name) || hasNoLength(head) && name === "content-length";
    const gone = lines.some(([from, to]) => lineStart >= from && lineStart < to);
    if (goes && !gone) lines.push([lineStart, lineEnd]);
  });
  head.cutAnew(lines.sort(([a], [b]) => a - b));
}
