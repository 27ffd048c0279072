/**
 * Sends a response to the client while it is being received: its head and what arrived with it in one
 * write, then buffer by buffer, never more than one ahead of the client.
 */
import { failed } from "../../../outcome.ts";
import { type BackendConnection, HEADROOM_BYTES } from "../backend/connection.ts";
import type { Buffers } from "../../../net/buffers.ts";
import { bytesOf } from "../http1/bytes.ts";
import type { Chunked } from "../http1/chunked.ts";
import { CLOSED_EARLY, STALLED } from "../../shared/failures.ts";
import { isPeerError } from "./peer_error.ts";
import { invalidResponse } from "./invalid_response.ts";
import { Malformed } from "../http1/malformed.ts";
import { plainMessage } from "../../../net/plain_message.ts";
import type { TcpResponse } from "./response.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Where a response goes. */
export interface Sink {
  /** Sends all bytes. @throws if the client is gone, or accepts nothing for too long */
  send(bytes: Bytes): Promise<void> | undefined;
}

/** Counts what is sent of a response that is not its body: head, sizes of chunks, trailers. */
export interface Overhead {
  overheadBytes: number;
}

export interface RelayOptions {
  readonly response: TcpResponse;
  readonly sink: Sink;
  /** Buffers for bodies. */
  readonly bodies: Buffers;
  /** Between bytes of the body, in milliseconds. */
  readonly idleTimeout: number;
  readonly overhead: Overhead;
}

/**
 * Relays a response that is still being received.
 *
 * @param start where its edited head begins in the connection's buffer
 * @returns whether the connection is at the end of this response and nothing arrived after it
 * @throws if either side breaks it off
 */
export async function relay(start: number, options: RelayOptions): Promise<boolean> {
  const { framing, chunked } = options.response;
  if (framing === "length") return await relayLength(start, options);
  if (chunked !== undefined) return await relayChunks(start, chunked, options);
  return await relayToEnd(start, framing === "chunked by proxy", options);
}

/** Relays the bytes that are missing by Content-Length, and reads none beyond them. */
async function relayLength(start: number, options: RelayOptions): Promise<boolean> {
  const { response, sink, bodies } = options;
  const { connection, ready } = response;
  const end = connection.head.end + connection.head.contentLength;
  await sink.send(connection.buffer.subarray(start, ready));
  let missing = end - ready;
  const buffer = bodies.borrow();
  while (missing > 0) {
    const room = missing < buffer.length ? buffer.subarray(0, missing) : buffer;
    const size = await receive(room, options) ?? cutShort(options);
    missing -= size;
    await sink.send(size === buffer.length ? buffer : buffer.subarray(0, size));
  }
  bodies.giveBack(buffer);
  return connection.filled <= end;
}

async function relayChunks(
  start: number,
  chunked: Chunked,
  options: RelayOptions,
): Promise<boolean> {
  const { response: { connection, ready }, sink, bodies, overhead } = options;
  const { filled } = connection;
  await sink.send(connection.buffer.subarray(start, ready));
  const buffer = bodies.borrow();
  let held = filled - ready; // bytes that cannot be checked yet
  buffer.set(connection.buffer.subarray(ready, filled));
  while (!chunked.done) {
    const end = held + (await receive(buffer.subarray(held), options) ?? cutShort(options));
    const { dataBytes } = chunked;
    const kept = scanChunks(chunked, buffer, 0, end, connection);
    overhead.overheadBytes += kept - (chunked.dataBytes - dataBytes);
    if (kept > 0) await sink.send(buffer.subarray(0, kept));
    buffer.copyWithin(0, chunked.consumed, end);
    held = end - chunked.consumed;
  }
  bodies.giveBack(buffer);
  return held === 0;
}

const LAST_CHUNK = bytesOf("0\r\n\r\n");

/** Relays until the backend closes the connection; a reset means that the response is incomplete. */
async function relayToEnd(
  start: number,
  makesChunks: boolean,
  options: RelayOptions,
): Promise<boolean> {
  const { response: { connection }, sink, bodies, overhead } = options;
  const { head, filled } = connection;
  await sink.send(connection.buffer.subarray(start, head.end));
  const buffer = bodies.borrow();
  const end = buffer.length - 2; // CR LF after a chunk
  buffer.set(connection.buffer.subarray(head.end, filled), HEADROOM_BYTES);
  let size: number | null = filled - head.end;
  while (size !== null) {
    if (size > 0 && makesChunks) {
      const chunk = chunkAround(buffer, HEADROOM_BYTES, HEADROOM_BYTES + size);
      overhead.overheadBytes += chunk.length - size;
      await sink.send(chunk);
    } else if (size > 0) await sink.send(buffer.subarray(HEADROOM_BYTES, HEADROOM_BYTES + size));
    size = await receive(buffer.subarray(HEADROOM_BYTES, end), options);
  }
  if (makesChunks) {
    overhead.overheadBytes += LAST_CHUNK.length;
    await sink.send(LAST_CHUNK);
  }
  bodies.giveBack(buffer);
  return false;
}

/** Makes a chunk of the bytes in place: their size goes in front, CR LF behind. */
function chunkAround(buffer: Bytes, start: number, end: number): Bytes {
  const size = bytesOf(`${(end - start).toString(16)}\r\n`);
  buffer.set(size, start - size.length);
  buffer.set([0x0d, 0x0a], end);
  return buffer.subarray(start - size.length, end + 2);
}

/**
 * Receives more of a body, in time.
 *
 * @returns how many bytes; null at the end
 * @throws if the backend breaks it off; the connection is ended for that reason
 */
async function receive(
  room: Bytes,
  { response: { connection }, idleTimeout }: RelayOptions,
): Promise<number | null> {
  connection.setDeadline(idleTimeout, STALLED);
  try {
    const size = connection.isReadingAhead
      ? await receiveAhead(room, connection)
      : await connection.receiveInto(room);
    connection.clearDeadline();
    return size;
  } catch (error) {
    if (isPeerError(error)) {
      connection.end(failed("connection_terminated", plainMessage(error)));
    }
    throw error;
  }
}

/**
 * Takes the read that began before the response did. What it brings lies in the connection's own buffer.
 *
 * @returns as {@linkcode receive}; less than arrived if there is no room, as `filled` of the connection says
 */
async function receiveAhead(room: Bytes, connection: BackendConnection): Promise<number | null> {
  const { buffer, filled } = connection;
  const size = await connection.receive();
  if (size === null) return null;
  connection.filled += size;
  const taken = Math.min(size, room.length);
  room.set(buffer.subarray(filled, filled + taken));
  return taken;
}

/** Checks the chunks received. @returns where those to forward end */
function scanChunks(
  chunked: Chunked,
  buffer: Bytes,
  start: number,
  end: number,
  connection: BackendConnection,
): number {
  try {
    return chunked.scan(buffer, start, end);
  } catch (error) {
    if (error instanceof Malformed) connection.end(invalidResponse(error));
    throw error;
  }
}

function cutShort({ response: { connection } }: RelayOptions): never {
  connection.end(CLOSED_EARLY);
  throw new Deno.errors.UnexpectedEof();
}
