/**
 * A request's body on its way to a backend, ready to be sent more than once.
 *
 * Bytes go on as they came: by length, or as the chunks that the client made. They are read into one
 * buffer and stay there until it is full: so long, another attempt sends it from the first byte and
 * goes on where the client is. Past that it can be sent once, and `spent` says so.
 */
import { BACKEND_TAKES_NOTHING, CLIENT_BROKE_OFF, NO_FIRST_BYTE } from "../shared/failures.ts";
import type { BackendConnection } from "./backend/connection.ts";
import type { Buffers } from "./buffers.ts";
import { Chunked } from "./http1/chunked.ts";
import { internalError, isBreak } from "./failures.ts";
import { Malformed } from "./http1/malformed.ts";
import type { RequestHead } from "./http1/request_head.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How an upload reads from its client. */
export interface Source {
  /** @returns how many bytes; 0 where the client sends no more */
  receiveBody(bytes: Bytes): Promise<number>;
  /** Takes back what is no part of the body. */
  unread(bytes: Bytes): void;
  /** Told that the body is complete: from now on only the answer is waited for. */
  awaitBackend(): void;
}

export interface UploadTimeouts {
  /** For the backend to take more, in milliseconds. */
  readonly idleTimeout: number;
  /** For its answer to begin after that, in milliseconds. */
  readonly firstByteTimeout: number;
}

/** Of a chunked body so much is read at a time, as what follows it is not ours. */
const CHUNKED_READ_BYTES = 4 * 1024;

export class Upload {
  /** Whether bytes are gone that another attempt would have to send. */
  spent = false;
  /** Whether all of it has been read. */
  complete = false;
  /** Whether the client failed to send it. */
  broken = false;
  /** The connection that all of it was sent on. */
  #sentOn: BackendConnection | undefined;
  #writes = 0;
  #closed = false;
  readonly #source: Source;
  readonly #buffers: Buffers;
  readonly #buffer: Bytes;
  /** Bytes ready to be sent stand before this offset. */
  #ready = 0;
  /** What was received stands before this one; between them is what needs more bytes to be checked. */
  #filled = 0;
  /** Bytes still to come, where they are counted. */
  #missing: number;
  readonly #chunked: Chunked | undefined;
  #reading: Promise<void> | undefined;
  /** The attempt that it is sent to; one before it gets no more. */
  #to: BackendConnection | undefined;

  /** @param first the bytes of it that came together with the head */
  constructor(source: Source, buffers: Buffers, head: RequestHead, first: Bytes) {
    this.#source = source;
    this.#buffers = buffers;
    this.#buffer = buffers.borrow();
    this.#buffer.set(first);
    this.#missing = Math.max(head.contentLength, 0);
    this.#chunked = head.chunked ? new Chunked(head.nominated) : undefined;
    this.#take(first.length);
  }

  /**
   * Sends it, as far as it goes. As long as it moves, the answer may take its time; once it is out, the
   * wait for the answer begins. Where the backend breaks the connection, that shows when its answer is
   * read. Where the client breaks off, the connection is ended, so that no backend takes a part for all.
   */
  async sendTo(
    connection: BackendConnection,
    { idleTimeout, firstByteTimeout }: UploadTimeouts,
  ): Promise<void> {
    this.#to = connection;
    this.#sentOn = undefined;
    let sent = 0;
    try {
      while (this.#to === connection && !connection.closed) {
        if (sent < this.#ready) {
          connection.progress(idleTimeout, BACKEND_TAKES_NOTHING);
          const piece = this.#buffer.subarray(sent, this.#ready);
          sent = this.#ready;
          await this.#write(connection, piece);
        } else if (this.complete) {
          connection.progress(firstByteTimeout, NO_FIRST_BYTE);
          this.#sentOn = connection;
          return;
        } else {
          connection.pause();
          if (this.#filled === this.#buffer.length) sent = this.#forget();
          await (this.#reading ??= this.#read());
        }
      }
    } catch (error) {
      if (!isBreak(error)) connection.end(internalError(error));
      if (this.broken && this.#to === connection) connection.end(CLIENT_BROKE_OFF);
      // Otherwise the backend broke it: that shows to whoever reads its answer.
    }
  }

  /** Whether bytes are awaited from the client, and nothing else. */
  get awaitsClient(): boolean {
    return this.#reading !== undefined && this.#writes === 0;
  }

  /** Whether all of it has gone out on that connection, and nothing is behind it. */
  wasSentOn(connection: BackendConnection): boolean {
    return this.#sentOn === connection;
  }

  /** Stops: whatever is still to come is not wanted. */
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
      if (size === 0) throw new Malformed("the body broke off");
      this.#take(size);
      if (this.complete) this.#source.awaitBackend();
    } catch (error) {
      this.broken = true;
      throw error;
    } finally {
      this.#reading = undefined;
    }
  }

  /** Checks what has come, and makes it ready to be sent. */
  #take(size: number): void {
    this.#filled += size;
    if (this.#chunked === undefined) {
      this.#missing -= size;
      this.#ready = this.#filled;
      this.complete = this.#missing === 0;
      return;
    }
    this.#ready = this.#chunked.scan(this.#buffer, this.#ready, this.#filled);
    const { consumed, done } = this.#chunked;
    this.#buffer.copyWithin(this.#ready, consumed, this.#filled);
    this.#filled -= consumed - this.#ready;
    this.complete = done;
    if (done && this.#filled > this.#ready) {
      this.#source.unread(this.#buffer.subarray(this.#ready, this.#filled));
    }
  }

  /** Gives up what was kept, to make room. @returns 0, where sending goes on */
  #forget(): number {
    this.spent = true;
    this.#buffer.copyWithin(0, this.#ready, this.#filled);
    this.#filled -= this.#ready;
    this.#ready = 0;
    return 0;
  }
}
