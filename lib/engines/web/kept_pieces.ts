/**
 * The pieces of a body that are kept, because another attempt may have to send them.
 *
 * Small pieces are copied together. So what is kept takes about twice its bytes at most, even if they
 * arrived one by one (tests/engines/web/kept_pieces_test.ts).
 */
import { freeBuffer } from "./spent_buffer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Sizes of the buffers in which small pieces are copied together: each has twice that of the last. */
const SMALLEST_BUFFER_BYTES = 256;
const LARGEST_BUFFER_BYTES = 64 * 1024;

/** How far an attempt has sent a body. */
export class Place {
  /** The number of the buffer, from the first one of the body. */
  index = 0;
  /** Bytes of it that were taken. */
  offset = 0;
}

interface Buffer {
  readonly bytes: Bytes;
  /** Bytes in use; they do not change any more. */
  filled: number;
}

export class KeptPieces {
  readonly #buffers: Buffer[] = [];
  /** The number of the first buffer that is still kept. */
  #first = 0;
  #nextSize = SMALLEST_BUFFER_BYTES;

  /** Keeps a piece. @param piece not to be changed any more */
  add(piece: Bytes): void {
    const last = this.#buffers.at(-1);
    if (last !== undefined && last.bytes.length - last.filled >= piece.length) {
      append(last, piece);
    } else if (piece.length >= this.#nextSize / 2) {
      this.#buffers.push({ bytes: piece, filled: piece.length });
    } else {
      const buffer = { bytes: new Uint8Array(this.#nextSize), filled: 0 };
      append(buffer, piece);
      this.#buffers.push(buffer);
      this.#nextSize = Math.min(2 * this.#nextSize, LARGEST_BUFFER_BYTES);
    }
  }

  /** Bytes from a place on, as many as lie in one buffer; the place moves behind them. */
  take(place: Place): Bytes | undefined {
    while (true) {
      const buffer = this.#buffers[place.index - this.#first];
      if (buffer === undefined) return undefined;
      const { bytes, filled } = buffer;
      if (place.offset < filled) {
        const piece = bytes.subarray(place.offset, filled);
        place.offset = filled;
        return piece;
      }
      if (place.index === this.#first + this.#buffers.length - 1) return undefined;
      place.index++;
      place.offset = 0;
    }
  }

  /** Frees the buffers before a place: what they held has been passed on. */
  forgetBefore({ index }: Place): void {
    for (const { bytes } of this.#buffers.splice(0, index - this.#first)) freeBuffer(bytes);
    this.#first = index;
  }
}

function append(buffer: Buffer, piece: Bytes): void {
  buffer.bytes.set(piece, buffer.filled);
  buffer.filled += piece.length;
}
