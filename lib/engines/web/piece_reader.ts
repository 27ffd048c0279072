/**
 * Reads a body in pieces, at a cost that follows its bytes, not the number of its chunks.
 *
 * Deno gives a body in the chunks that the sender made, even of one byte, and a plain reader makes a buffer
 * of 64 KiB for each: whoever keeps the byte keeps the buffer. So small chunks are copied out of it. After
 * some small ones in a row, a buffer of our own is used again and again, and those that have arrived are
 * given as one piece. A plain reader is used until then, as it is the faster one for ordinary bodies.
 */
import { setImmediate } from "node:timers/promises";
import { freeBuffer } from "./spent_buffer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The largest piece. */
const PIECE_BYTES = 64 * 1024;

/** A chunk of fewer bytes is small. */
const SMALL_BYTES = 1024;

/** After so many small chunks in a row they are gathered. */
const SMALL_IN_ROW = 16;

/** The largest piece that is gathered. */
const GATHERED_BYTES = 16 * 1024;

/** How many chunks are gathered without a turn of the event loop: others need their turns, too. */
const GATHERED_CHUNKS = 256;

const TURN_OVER = Symbol();

export class PieceReader {
  readonly #source: ReadableStream<Bytes>;
  readonly #isKept: boolean;
  #receiver: Receiver;
  /** Whether {@linkcode Receiver.read} uses the room that it is given, as far as the source can. */
  #givesRoom = false;
  /** A buffer to use again. */
  #spare: ArrayBuffer | undefined;
  #smallInRow = 0;
  /** While chunks are gathered: the next one, or the end. */
  #next: Promise<Received> | undefined;

  /** @param isKept whether pieces are kept: if they are passed on at once, small ones need no copying */
  constructor(source: ReadableStream<Bytes>, isKept = true) {
    this.#source = source;
    this.#isKept = isKept;
    this.#receiver = source.getReader();
  }

  /**
   * Reads a piece; one read at a time.
   *
   * @returns a piece whose buffer is used for nothing else, and if pieces are kept, at most twice as large;
   * undefined at the end
   * @throws if the body breaks off
   */
  read(): Promise<Bytes | undefined> {
    if (this.#smallInRow < SMALL_IN_ROW) return this.#readChunk();
    if (!this.#givesRoom) this.#giveRoom();
    return this.#gather();
  }

  /** Reads no more. */
  async cancel(reason?: unknown): Promise<void> {
    await this.#receiver.cancel(reason);
  }

  async #readChunk(): Promise<Bytes | undefined> {
    const received = await (this.#next ?? this.#receiver.read(this.#roomFor(PIECE_BYTES)));
    this.#next = undefined;
    const chunk = this.#chunkOf(received);
    return chunk && this.#own(chunk);
  }

  #giveRoom(): void {
    (this.#receiver as ReadableStreamDefaultReader).releaseLock();
    this.#receiver = receiverOf(this.#source);
    this.#givesRoom = true;
  }

  /** Waits for a chunk, then takes those that arrive within the same turn of the event loop, too. */
  async #gather(): Promise<Bytes | undefined> {
    const gathered = new Uint8Array(GATHERED_BYTES);
    let filled = 0;
    let turnOver: Promise<typeof TURN_OVER> | undefined;
    for (let chunks = 1;; chunks++) {
      this.#next ??= this.#receiveAhead();
      const received =
        await (turnOver === undefined ? this.#next : Promise.race([this.#next, turnOver]));
      if (received === TURN_OVER) break;
      const chunk = this.#chunkOf(received);
      if (chunk === undefined) break;
      if (chunk.length >= SMALL_BYTES) {
        if (filled > 0) break;
        this.#next = undefined;
        return this.#own(chunk);
      }
      this.#next = undefined;
      gathered.set(chunk, filled);
      filled += chunk.length;
      this.#spare = chunk.buffer;
      turnOver ??= setImmediate(TURN_OVER);
      if (chunks === GATHERED_CHUNKS || filled > GATHERED_BYTES - SMALL_BYTES) {
        await turnOver;
        break;
      }
    }
    return filled === 0 ? undefined : gathered.slice(0, filled);
  }

  /** The chunk; if pieces are kept, or the buffer is used again, in one that is at most twice as large. */
  #own(chunk: Bytes): Bytes {
    const isOwn = 2 * chunk.length >= chunk.buffer.byteLength;
    if (isOwn || !this.#isKept && !this.#givesRoom) return chunk;
    const own = chunk.slice();
    if (this.#givesRoom) this.#spare = chunk.buffer;
    else freeBuffer(chunk);
    return own;
  }

  /** Begins to receive a small chunk, or a part of a large one, before it is needed. */
  #receiveAhead(): Promise<Received> {
    const received = this.#receiver.read(this.#roomFor(SMALL_BYTES));
    received.catch(() => {}); // whoever reads next gets the error
    return received;
  }

  /** The chunk received; undefined at the end. */
  #chunkOf({ done, value }: Received): Bytes | undefined {
    if (done) return undefined;
    this.#smallInRow = value.length < SMALL_BYTES ? this.#smallInRow + 1 : 0;
    return value;
  }

  #roomFor(most: number): Bytes | undefined {
    if (!this.#givesRoom) return undefined;
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare === undefined) return new Uint8Array(most);
    return new Uint8Array(spare, 0, Math.min(spare.byteLength, most));
  }
}

type Received = ReadableStreamReadResult<Bytes>;

/** A reader of a stream. It may leave the room that it is given unused. */
interface Receiver {
  read(room: Bytes | undefined): Promise<Received>;
  cancel(reason?: unknown): Promise<void>;
}

/** Bodies of HTTP/2, and after `Expect: 100-continue`, are no byte streams: they bring their own buffers. */
function receiverOf(source: ReadableStream<Bytes>): Receiver {
  try {
    return source.getReader({ mode: "byob" }) as Receiver;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return source.getReader();
  }
}
