/**
 * Sends a response to the client while it comes: its head and what came with it in one write, then
 * buffer by buffer, never more than one ahead of the client.
 */
import { type BackendConnection, HEADROOM } from "./backend_connection.ts";
import type { Limits } from "../engine.ts";
import type { Buffers } from "./buffers.ts";
import { bytesOf } from "./bytes.ts";
import { Chunked } from "./chunked.ts";
import { CLOSED_EARLY, STALLED } from "./failures.ts";
import type { Framing } from "./response_framing.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Where a response goes. */
export interface Sink {
  /** Sends all of it. @throws where the client is gone, or takes nothing for too long */
  send(bytes: Bytes): Promise<void>;
}

export interface RelayOptions {
  readonly connection: BackendConnection;
  readonly sink: Sink;
  readonly framing: Framing;
  /** Buffers for bodies. */
  readonly bodies: Buffers;
  readonly limits: Limits;
}

/**
 * All of a response, where all of it has come already.
 *
 * @param start where its edited head begins in the connection's buffer
 */
export function wholeResponse(
  { head, buffer, filled }: BackendConnection,
  framing: Framing,
  start: number,
): Bytes | undefined {
  if (framing === "none") return buffer.subarray(start, head.end);
  if (framing !== "length") return undefined;
  const end = head.end + head.contentLength;
  return end <= filled ? buffer.subarray(start, end) : undefined;
}

/**
 * Relays a response that is still coming.
 *
 * @param start where its edited head begins in the connection's buffer
 * @returns whether the connection is at the end of this response and nothing came after it
 * @throws where either side breaks it off
 */
export async function relay(start: number, options: RelayOptions): Promise<boolean> {
  const { connection, sink, framing } = options;
  const { head, buffer, filled } = connection;
  if (framing === "length") {
    await sink.send(buffer.subarray(start, filled));
    return await relayLength(head.end + head.contentLength - filled, options);
  }
  if (framing === "chunked") return await relayChunks(start, new Chunked(head.nominated), options);
  if (head.chunked) return await relayChunks(start, new Chunked(head.nominated, true), options);
  return await relayToEnd(start, framing === "made chunked", options);
}

/** Relays the bytes that Content-Length still announces, and reads none beyond them. */
async function relayLength(
  missing: number,
  { connection, sink, bodies, limits }: RelayOptions,
): Promise<boolean> {
  const buffer = bodies.borrow();
  while (missing > 0) {
    connection.expect(limits.idleTimeout, STALLED);
    const room = missing < buffer.length ? buffer.subarray(0, missing) : buffer;
    const size = await connection.receiveInto(room);
    if (size === null) throw cutShort(connection);
    missing -= size;
    connection.waitForOthers();
    await sink.send(size === buffer.length ? buffer : buffer.subarray(0, size));
  }
  bodies.giveBack(buffer);
  return true;
}

async function relayChunks(
  start: number,
  chunked: Chunked,
  { connection, sink, bodies, limits }: RelayOptions,
): Promise<boolean> {
  const { head, filled } = connection;
  const kept = chunked.scan(connection.buffer, head.end, filled);
  await sink.send(connection.buffer.subarray(start, kept));
  if (chunked.done) return chunked.consumed === filled;

  const buffer = bodies.borrow();
  let held = filled - chunked.consumed; // what needs more bytes to be checked
  buffer.set(connection.buffer.subarray(chunked.consumed, filled));
  while (!chunked.done) {
    connection.expect(limits.idleTimeout, STALLED);
    const size = await connection.receiveInto(buffer.subarray(held));
    if (size === null) throw cutShort(connection);
    const end = held + size;
    const kept = chunked.scan(buffer, 0, end);
    connection.waitForOthers();
    if (kept > 0) await sink.send(buffer.subarray(0, kept));
    buffer.copyWithin(0, chunked.consumed, end);
    held = end - chunked.consumed;
  }
  bodies.giveBack(buffer);
  return held === 0;
}

const LAST_CHUNK = bytesOf("0\r\n\r\n");

/** Relays until the backend closes; what it resets instead is no whole response. */
async function relayToEnd(
  start: number,
  makesChunks: boolean,
  { connection, sink, bodies, limits }: RelayOptions,
): Promise<boolean> {
  const { head, filled } = connection;
  await sink.send(connection.buffer.subarray(start, head.end));
  const buffer = bodies.borrow();
  const end = buffer.length - 2; // CR LF after a chunk
  buffer.set(connection.buffer.subarray(head.end, filled), HEADROOM);
  let size: number | null = filled - head.end;
  while (size !== null) {
    connection.waitForOthers();
    if (size > 0 && makesChunks) {
      await sink.send(chunkAround(buffer, HEADROOM, HEADROOM + size));
    } else if (size > 0) await sink.send(buffer.subarray(HEADROOM, HEADROOM + size));
    connection.expect(limits.idleTimeout, STALLED);
    size = await connection.receiveInto(buffer.subarray(HEADROOM, end));
  }
  if (makesChunks) await sink.send(LAST_CHUNK);
  bodies.giveBack(buffer);
  return false;
}

/** Makes a chunk of the bytes in their place: the size goes in front of them, CR LF behind. */
function chunkAround(buffer: Bytes, start: number, end: number): Bytes {
  const size = bytesOf(`${(end - start).toString(16)}\r\n`);
  buffer.set(size, start - size.length);
  buffer.set([0x0d, 0x0a], end);
  return buffer.subarray(start - size.length, end + 2);
}

function cutShort(connection: BackendConnection): Error {
  connection.end(CLOSED_EARLY);
  return new Deno.errors.UnexpectedEof();
}
