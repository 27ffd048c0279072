/**
 * A request's body on its way to a backend, ready to be sent more than once.
 *
 * Bytes are forwarded as they arrived: by length, or in the chunks that the client made. They are read
 * into one buffer and stay there until it is full: until then, another attempt can send the body from its
 * first byte. After that it can be sent only once, and `spent` says so.
 */
import type { BackendConnection } from "../backend/connection.ts";
import type { Buffers } from "../../../net/buffers.ts";
import { Chunked } from "../http1/chunked.ts";
import {
  BACKEND_TAKES_NOTHING,
  BODY_MALFORMED,
  BODY_TOO_LARGE,
  CLIENT_BROKE_OFF,
  internalError,
  NO_FIRST_BYTE,
} from "../../shared/failures.ts";
import type { Failed } from "../../../outcome.ts";
import { isPeerError } from "./peer_error.ts";
import { Malformed } from "../http1/malformed.ts";
import type { RequestHead } from "../http1/request_head.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Where an upload reads from: the client. */
export interface Source {
  /** @returns how many bytes; 0 if the client sends no more */
  receiveBody(bytes: Bytes): Promise<number>;
  /** Takes back bytes that do not belong to the body. */
  unread(bytes: Bytes): void;
  /** Called when the body is complete: from now on only the response is awaited. */
  awaitBackend(): void;
}

export interface UploadTimeouts {
  /** For the backend to accept more, in milliseconds. */
  readonly idle: number;
  /** For its response to begin after that, in milliseconds. */
  readonly firstByte: number;
}

/** How much of a chunked body is read at a time: what follows it belongs to the next request. */
const CHUNKED_READ_BYTES = 4 * 1024;

/** The body has more bytes than it may have. */
class BodyTooLarge extends Error {
  override name = "BodyTooLarge";
}

export class Upload {
  /** Whether bytes were dropped that another attempt would have to send. */
  spent = false;
  /** Whether all of it has been read. */
  complete = false;
  /** Whether the client failed to send it. */
  broken = false;
  /** The connection on which all of it was sent. */
  #sentOn: BackendConnection | undefined;
  #writes = 0;
  #closed = false;
  readonly #source: Source;
  readonly #buffers: Buffers;
  readonly #buffer: Bytes;
  /** Bytes before this offset are ready to be sent. */
  #ready = 0;
  /** Bytes before this offset were received; those between the two cannot be checked yet. */
  #filled = 0;
  /** Bytes still to arrive, if Content-Length says so. */
  #missing: number;
  readonly #chunked: Chunked | undefined;
  #reading: Promise<void> | undefined;
  /** What is at fault with it, if it is broken. */
  #fault: Failed = CLIENT_BROKE_OFF;
  /** The most bytes of data that it may have. */
  #maxBytes = Infinity;
  /** The connection of the current attempt; earlier ones get no more. */
  #to: BackendConnection | undefined;

  /** @param first the bytes that arrived together with the head */
  constructor(source: Source, buffers: Buffers, head: RequestHead, first: Bytes) {
    this.#source = source;
    this.#buffers = buffers;
    this.#buffer = buffers.borrow();
    this.#buffer.set(first);
    this.#missing = Math.max(head.contentLength, 0);
    this.#chunked = head.chunked ? new Chunked(head.connectionOptions) : undefined;
    this.#take(first.length);
  }

  /**
   * Sends the body. While it makes progress the response may take its time; once it is sent, the wait for
   * the response begins. If the backend breaks the connection, the reader of its response notices. If the
   * client breaks off, the connection is ended, so that no backend takes a part for the whole.
   */
  async sendTo(
    connection: BackendConnection,
    { idle, firstByte }: UploadTimeouts,
  ): Promise<void> {
    this.#to = connection;
    this.#sentOn = undefined;
    let sent = 0;
    try {
      while (this.#to === connection && !connection.closed) {
        if (sent < this.#ready) {
          connection.progress(idle, BACKEND_TAKES_NOTHING);
          const piece = this.#buffer.subarray(sent, this.#ready);
          sent = this.#ready;
          await this.#write(connection, piece);
        } else if (this.complete) {
          connection.progress(firstByte, NO_FIRST_BYTE);
          this.#sentOn = connection;
          return;
        } else {
          connection.pause();
          if (this.#filled === this.#buffer.length) sent = this.#dropKept();
          await (this.#reading ??= this.#read());
        }
      }
    } catch (error) {
      const isOurs = !isPeerError(error) && !(error instanceof BodyTooLarge);
      if (isOurs) connection.end(internalError(error));
      if (this.broken && this.#to === connection) {
        connection.end(this.#fault);
      }
      // Otherwise the backend broke it, which the reader of its response notices.
    }
  }

  /** Sets how many bytes of data it may have. @returns false if more have arrived already */
  limitTo(bytes: number): boolean {
    this.#maxBytes = bytes;
    return (this.#chunked?.dataBytes ?? 0) <= bytes;
  }

  /** Whether it waits for the client, and for nothing else. */
  get awaitsClient(): boolean {
    return this.#reading !== undefined && this.#writes === 0;
  }

  /** Whether all of it was sent on that connection. */
  wasSentOn(connection: BackendConnection): boolean {
    return this.#sentOn === connection;
  }

  /** Stops: the rest is not needed. */
  close(): void {
    this.#to = undefined;
    this.#closed = true;
    if (this.#reading === undefined && this.#writes === 0) this.#buffers.giveBack(this.#buffer);
  }

  async #write(connection: BackendConnection, piece: Bytes): Promise<void> {
    this.#writes++;
    try {
      await connection.write(piece);
    } finally {
      this.#writes--;
    }
  }

  async #read(): Promise<void> {
    try {
      const room = this.#buffer.length - this.#filled;
      const limit = this.#chunked === undefined
        ? this.#missing
        : Math.max(CHUNKED_READ_BYTES, this.#chunked.remaining);
      const end = this.#filled + Math.min(room, limit);
      const size = await this.#source.receiveBody(this.#buffer.subarray(this.#filled, end));
      if (this.#closed) return;
      if (size === 0) throw new Deno.errors.UnexpectedEof("the body broke off");
      this.#take(size);
      if (this.complete) this.#source.awaitBackend();
    } catch (error) {
      this.broken = true;
      this.#fault = faultOf(error);
      throw error;
    } finally {
      this.#reading = undefined;
    }
  }

  /** Checks the bytes received, and makes them ready to be sent. */
  #take(size: number): void {
    this.#filled += size;
    if (this.#chunked === undefined) {
      this.#missing -= size;
      this.#ready = this.#filled;
      this.complete = this.#missing === 0;
      return;
    }
    this.#ready = this.#chunked.scan(this.#buffer, this.#ready, this.#filled);
    const { consumed, done, dataBytes } = this.#chunked;
    if (dataBytes > this.#maxBytes) throw new BodyTooLarge();
    this.#buffer.copyWithin(this.#ready, consumed, this.#filled);
    this.#filled -= consumed - this.#ready;
    this.complete = done;
    if (done && this.#filled > this.#ready) {
      this.#source.unread(this.#buffer.subarray(this.#ready, this.#filled));
    }
  }

  /** Drops the bytes kept, to make room. @returns the offset at which sending continues */
  #dropKept(): number {
    this.spent = true;
    this.#buffer.copyWithin(0, this.#ready, this.#filled);
    this.#filled -= this.#ready;
    this.#ready = 0;
    return 0;
  }
}

function faultOf(error: unknown): Failed {
  if (error instanceof BodyTooLarge) return BODY_TOO_LARGE;
  return error instanceof Malformed ? BODY_MALFORMED : CLIENT_BROKE_OFF;
}
