/**
 * The framing of a response to the client (RFC 9112, 6.3), and the edits that make its head match.
 *
 * A head is edited in place: its end stays, so that the body still follows it, and its start moves.
 */
import { UPGRADE_REQUIRED } from "../../../http/headers.ts";
import { HSTS } from "../../../http/hsts.ts";
import { bytesOf, SP, textOf } from "./bytes.ts";
import { dateLine } from "./date_line.ts";
import type { ResponseHead } from "./response_head.ts";

/** How the client finds the end of a response. */
export type Framing =
  /** There is no body. */
  | "none"
  /** By Content-Length. */
  | "length"
  /** By the chunks of the backend. */
  | "chunked"
  /** By chunks that the proxy makes, of a body that ends when the backend closes. */
  | "chunked by proxy"
  /** By the end of the connection, as HTTP/1.0 has no chunks. */
  | "close";

/**
 * Chooses the framing of a response to a client.
 *
 * @param method of the request
 * @param minor of the client's HTTP version
 */
export function chooseFraming(head: ResponseHead, method: string, minor: number): Framing {
  const { status } = head;
  if (method === "HEAD" || status === 204 || status === 304 || status === 101) return "none";
  if (head.contentLength !== -1) return head.contentLength === 0 ? "none" : "length";
  if (minor === 0) return "close";
  return head.chunked ? "chunked" : "chunked by proxy";
}

const CLOSE = bytesOf("connection: close\r\n");
const KEEP_ALIVE = bytesOf("connection: keep-alive\r\n");
const CHUNKED = bytesOf("transfer-encoding: chunked\r\n");

/** The value of Connection for the client; undefined if none is needed. */
export type Persistence = "close" | "keep-alive" | undefined;

/** What a response gets beside its framing. */
export interface Additions {
  /** The value of a Set-Cookie. */
  readonly cookie?: string | undefined;
  /** The wall-clock time in milliseconds since 1970, for a Date if there is none; an interim response needs none. */
  readonly now?: number | undefined;
  /** Whether the lines of a name are left out, as a route says. */
  readonly drops?: ((name: string) => boolean) | undefined;
  /** The value of a Strict-Transport-Security, in place of the backend's. */
  readonly hsts?: string | undefined;
}

const NOTHING: Additions = {};

/**
 * Edits the head of a backend's response, in place, for the client.
 *
 * @param bytes the response, with HEADROOM_BYTES free before it for the lines that are added
 * @returns where the head begins now
 */
export function editHead(
  bytes: Uint8Array,
  head: ResponseHead,
  framing: Framing,
  persistence: Persistence,
  { cookie, now, drops, hsts }: Additions = NOTHING,
): number {
  const upgrade = upgradeOf(bytes, head);
  const replacesHsts = hsts !== undefined && head.hasHsts;
  if (
    head.connectionOptions !== undefined || hasForbiddenLength(head) || drops !== undefined ||
    replacesHsts
  ) {
    dropMoreLines(bytes, head, replacesHsts ? (name) => name === HSTS || !!drops?.(name) : drops);
  }
  let start = removeDroppedLines(bytes, head);
  if (framing === "chunked" || framing === "chunked by proxy") {
    start = insertLine(bytes, start, head.end, CHUNKED);
  }
  if (persistence === "close") start = insertLine(bytes, start, head.end, CLOSE);
  if (persistence === "keep-alive") start = insertLine(bytes, start, head.end, KEEP_ALIVE);
  if (upgrade !== undefined) start = insertLine(bytes, start, head.end, upgrade);
  if (now !== undefined && !head.hasDate) {
    start = insertLine(bytes, start, head.end, dateLine(now));
  }
  if (hsts !== undefined) {
    start = insertLine(bytes, start, head.end, bytesOf(`${HSTS}: ${hsts}\r\n`));
  }
  if (cookie !== undefined) {
    start = insertLine(bytes, start, head.end, bytesOf(`set-cookie: ${cookie}\r\n`));
  }
  bytes[start + 7] = 0x31; // the version of the proxy, not of the backend (RFC 9110, 6.2)
  return bytes[start + 12] === SP ? start : insertSpaceAfterStatus(bytes, start);
}

/** The lines with which a response says which protocols it requires; undefined if it does not. */
function upgradeOf(bytes: Uint8Array, head: ResponseHead): Uint8Array | undefined {
  const { status, upgradeStart, upgradeEnd } = head;
  if (status !== UPGRADE_REQUIRED || upgradeStart === upgradeEnd) return undefined;
  const protocols = textOf(bytes, upgradeStart, upgradeEnd);
  return bytesOf(`connection: upgrade\r\nupgrade: ${protocols}\r\n`);
}

/** Removes the lines that are not forwarded. @returns where the head begins now */
export function removeDroppedLines(
  bytes: Uint8Array,
  { droppedRanges, droppedRangeCount, start }: ResponseHead,
): number {
  let shift = 0;
  for (let i = droppedRangeCount - 1; i >= 0; i--) {
    const from = i === 0 ? start : droppedRanges[2 * i - 1]!;
    const to = droppedRanges[2 * i]!;
    shift += droppedRanges[2 * i + 1]! - to;
    bytes.copyWithin(from + shift, from, to);
  }
  return start + shift;
}

/** Inserts a line before the empty one. @returns where the head begins now */
export function insertLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  line: Uint8Array,
): number {
  bytes.copyWithin(start - line.length, start, end - 2);
  bytes.set(line, end - 2 - line.length);
  return start - line.length;
}

/** Inserts the space that must follow the status, even if there is no reason (RFC 9112, 4). */
function insertSpaceAfterStatus(bytes: Uint8Array, start: number): number {
  bytes.copyWithin(start - 1, start, start + 12);
  bytes[start + 11] = SP;
  return start - 1;
}

/** Whether it has a Content-Length that its status does not allow (RFC 9110, 8.6). */
function hasForbiddenLength({ status, contentLength }: ResponseHead): boolean {
  return (status < 200 || status === 204) && contentLength !== -1;
}

/** Marks as not forwarded the fields that Connection lists, and a forbidden Content-Length. */
function dropMoreLines(
  bytes: Uint8Array,
  head: ResponseHead,
  drops: ((name: string) => boolean) | undefined,
): void {
  const { droppedRanges, droppedRangeCount } = head;
  const dropped: [number, number][] = [];
  for (let i = 0; i < droppedRangeCount; i++) {
    dropped.push([droppedRanges[2 * i]!, droppedRanges[2 * i + 1]!]);
  }
  head.forEachLine(bytes, (name, _value, lineStart, lineEnd) => {
    if (dropped.some(([start, end]) => lineStart >= start && lineStart < end)) return;
    const isForbidden = name === "content-length" && hasForbiddenLength(head);
    if (isForbidden || head.connectionOptions?.has(name) || drops?.(name)) {
      dropped.push([lineStart, lineEnd]);
    }
  });
  head.replaceDroppedLines(dropped.sort(([a], [b]) => a - b));
}
