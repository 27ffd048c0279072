/** Receives one request from a connection: a small head, and a small body. */
import { STATUS_CODE } from "@std/http/status";
import { Malformed } from "../engines/tcp/http1/malformed.ts";
import { RequestHead } from "../engines/tcp/http1/request_head.ts";
import type { Connection } from "../net/connection.ts";
import { writeAll } from "../net/write_all.ts";
import { type AdminRequest, readRequest } from "./request.ts";

const MAX_HEAD_BYTES = 8 * 1024;
const MAX_HEAD_LINES = 100;

const CONTINUE = new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");

export interface Received {
  readonly request: AdminRequest;
  /**
   * The body, of the length that the head says.
   *
   * @returns undefined if the client leaves before it has arrived
   */
  readonly readBody: () => Promise<Uint8Array | undefined>;
}

/**
 * @returns undefined if the client leaves before its head is complete
 * @throws {Malformed} if the head is not valid, or too large
 */
export async function receiveRequest(connection: Connection): Promise<Received | undefined> {
  const bytes = new Uint8Array(MAX_HEAD_BYTES);
  const head = new RequestHead(MAX_HEAD_LINES);
  let filled = 0;
  do {
    if (filled === bytes.length) throw tooLarge();
    const size = await connection.read(bytes.subarray(filled));
    if (size === null) return undefined;
    filled += size;
  } while (!isComplete(head, bytes, filled));
  const request = readRequest(bytes, head);
  return {
    request,
    readBody: () => receiveBody(connection, request, bytes.subarray(head.end, filled)),
  };
}

/** As {@linkcode RequestHead.scan}; a limit that is exceeded is that of this port, whatever the settings say. */
function isComplete(head: RequestHead, bytes: Uint8Array, filled: number): boolean {
  try {
    return head.scan(bytes, filled);
  } catch (error) {
    throw error instanceof Malformed && error.limit !== undefined ? tooLarge() : error;
  }
}

function tooLarge(): Malformed {
  return new Malformed(
    `a head must have at most ${MAX_HEAD_BYTES / 1024} KiB and ${MAX_HEAD_LINES} lines`,
    STATUS_CODE.RequestHeaderFieldsTooLarge,
  );
}

/** @param first what of it has arrived with the head */
async function receiveBody(
  connection: Connection,
  { contentLength, expectsContinue }: AdminRequest,
  first: Uint8Array,
): Promise<Uint8Array | undefined> {
  const body = new Uint8Array(contentLength);
  body.set(first.subarray(0, contentLength));
  let filled = Math.min(first.length, contentLength);
  if (expectsContinue && filled < contentLength) await writeAll(connection, CONTINUE);
  while (filled < contentLength) {
    const size = await connection.read(body.subarray(filled));
    if (size === null) return undefined;
    filled += size;
  }
  return body;
}

/** Receives what nobody needs, until the client closes. */
export async function discard(connection: Connection): Promise<void> {
  const bytes = new Uint8Array(MAX_HEAD_BYTES);
  while (await connection.read(bytes) !== null);
}
