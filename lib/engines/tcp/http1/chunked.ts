/**
 * The chunked coding (RFC 9112, 7.1), checked while it passes.
 *
 * Chunks travel on as they came, for the framing on the other side is the same. What does not travel
 * is taken out where it lies: chunk extensions, which belong to the hop, and trailers that could be
 * mistaken for what only a head may say. For a peer that does not know the coding (HTTP/1.0) all but
 * the data is taken out.
 */
import { mayBeTrailer } from "../../../http/trailers.ts";
import { COLON, CR, FIELD_VALUE, HEX, LF, SEMICOLON, textOf, TOKEN } from "./bytes.ts";
import { Malformed } from "./malformed.ts";

/** Hexadecimal digits of a chunk's size: 4 GiB. */
const MAX_SIZE_DIGITS = 8;

/** Bytes of chunk extensions in one line; RFC 9112, 7.1.1 asks for a limit. */
const MAX_EXTENSION = 256;

/** The same over a whole body: tiny chunks with long extensions would be nothing but work. */
const MAX_EXTENSIONS = 16 * 1024;

/** Bytes of trailers. */
const MAX_TRAILERS = 8 * 1024;

type State = "size" | "extension" | "size end" | "data" | "data CR" | "data LF" | "trailers";

export class Chunked {
  /** Whether the body is complete. */
  done = false;
  /** Where the last scan stopped: what follows belongs to the next message, or needs more bytes. */
  consumed = 0;
  /** Bytes of the chunk under way that are still to come. */
  remaining = 0;
  readonly #nominated: ReadonlySet<string> | undefined;
  readonly #dataOnly: boolean;
  #state: State = "size";
  #size = 0;
  #digits = 0;
  #extension = 0;
  #extensions = 0;

  /**
   * @param nominated trailers, in lower case, that Connection says belong to the hop
   * @param dataOnly takes out everything but the data
   */
  constructor(nominated?: ReadonlySet<string>, dataOnly = false) {
    this.#nominated = nominated;
    this.#dataOnly = dataOnly;
  }

  /**
   * Checks bytes of the body, and takes out what does not travel on.
   *
   * @returns where what travels on ends; it begins at `from`
   * @throws {Malformed} where the coding is broken
   */
  scan(bytes: Uint8Array, from: number, to: number): number {
    let at = from, kept = from;
    const keep = (byte: number) => {
      if (!this.#dataOnly) bytes[kept++] = byte;
    };
    while (at < to && !this.done) {
      const byte = bytes[at]!;
      switch (this.#state) {
        case "size":
          if (HEX[byte] !== 255) {
            if (++this.#digits > MAX_SIZE_DIGITS) throw new Malformed("a chunk is too large");
            this.#size = this.#size * 16 + HEX[byte]!;
            keep(byte);
          } else if (this.#digits === 0) {
            throw new Malformed("a chunk must begin with its size");
          } else if (byte === CR) {
            this.#state = "size end";
            keep(byte);
          } else if (byte === SEMICOLON) {
            this.#state = "extension";
            this.#extension = 0;
          } else {
            throw new Malformed("a chunk's size must be hexadecimal digits");
          }
          at++;
          break;
        case "extension":
          if (byte === CR) {
            this.#state = "size end";
            keep(byte);
          } else {
            this.#passExtension(byte);
          }
          at++;
          break;
        case "size end":
          if (byte !== LF) throw new Malformed("a chunk's size must end with CR LF");
          keep(byte);
          at++;
          this.remaining = this.#size;
          this.#state = this.#size === 0 ? "trailers" : "data";
          this.#size = this.#digits = 0;
          break;
        case "data": {
          const length = Math.min(this.remaining, to - at);
          if (kept !== at) bytes.copyWithin(kept, at, at + length);
          kept += length;
          at += length;
          this.remaining -= length;
          if (this.remaining === 0) this.#state = "data CR";
          break;
        }
        case "data CR":
        case "data LF":
          if (byte !== (this.#state === "data CR" ? CR : LF)) {
            throw new Malformed("a chunk must end with CR LF");
          }
          keep(byte);
          at++;
          this.#state = this.#state === "data CR" ? "data LF" : "size";
          break;
        case "trailers": {
          const end = endOfTrailers(bytes, at, to);
          if (end === -1) {
            this.consumed = at;
            return kept;
          }
          kept = this.#keepTrailers(bytes, at, end, kept);
          at = end;
          this.done = true;
          break;
        }
      }
    }
    this.consumed = at;
    return kept;
  }

  #passExtension(byte: number): void {
    if (FIELD_VALUE[byte] !== 1) throw new Malformed("a chunk extension has a control character");
    if (++this.#extension > MAX_EXTENSION || ++this.#extensions > MAX_EXTENSIONS) {
      throw new Malformed("chunk extensions are too long");
    }
  }

  #keepTrailers(bytes: Uint8Array, start: number, end: number, kept: number): number {
    for (let at = start; at < end;) {
      const lineEnd = bytes.indexOf(LF, at) + 1;
      const name = trailerIn(bytes, at, lineEnd);
      const keeps = name === "" || mayBeTrailer(name) && !this.#nominated?.has(name);
      if (keeps && !this.#dataOnly) {
        bytes.copyWithin(kept, at, lineEnd);
        kept += lineEnd - at;
      }
      at = lineEnd;
    }
    return kept;
  }
}

/** Where the empty line after the trailers ends; -1 where it has not come yet. */
function endOfTrailers(bytes: Uint8Array, start: number, to: number): number {
  for (let at = start; at < to;) {
    const lineEnd = bytes.indexOf(LF, at) + 1;
    if (lineEnd === 0 || lineEnd > to) break;
    if (lineEnd - at <= 2) return lineEnd;
    at = lineEnd;
    if (at - start > MAX_TRAILERS) break;
  }
  if (to - start > MAX_TRAILERS) throw new Malformed("the trailers are too large", 431);
  return -1;
}

/** The name of the trailer in a line, in lower case; empty for the empty line at their end. */
function trailerIn(bytes: Uint8Array, start: number, lineEnd: number): string {
  if (lineEnd - start < 2 || bytes[lineEnd - 2] !== CR) {
    throw new Malformed("a line must end with CR LF");
  }
  if (lineEnd - start === 2) return "";
  let at = start;
  while (TOKEN[bytes[at]!] === 1) at++;
  if (at === start || bytes[at] !== COLON) {
    throw new Malformed("a trailer must be a name, a colon and a value");
  }
  const nameEnd = at;
  while (++at < lineEnd - 2) {
    if (FIELD_VALUE[bytes[at]!] !== 1) throw new Malformed("a field has a control character");
  }
  return textOf(bytes, start, nameEnd).toLowerCase();
}
