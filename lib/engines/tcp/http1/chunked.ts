/**
 * The chunked transfer coding (RFC 9112, 7.1), checked as it is received.
 *
 * Chunks are forwarded as they are. What is not forwarded is removed in place: chunk extensions, which
 * are hop-by-hop, blanks after a size, and trailers that are allowed only in a head. For an HTTP/1.0
 * client, which does not know the coding, everything except the data is removed.
 */
import { mayBeTrailer } from "../../../http/trailers.ts";
import { COLON, CR, FIELD_VALUE, HEX, isBlank, LF, SEMICOLON, textOf, TOKEN } from "./bytes.ts";
import { Malformed } from "./malformed.ts";

/** Digits of a chunk's size: less than 4 GiB. */
const MAX_SIZE_DIGITS = 8;

/** Limit of blanks and extensions after one size, as RFC 9112, 7.1.1 requires. */
const MAX_CHUNK_EXTENSION_BYTES = 256;

/** Limit of all extensions of a body: tiny chunks with long extensions would cost work without data. */
const MAX_BODY_EXTENSION_BYTES = 16 * 1024;

const MAX_TRAILER_BYTES = 8 * 1024;

/** The limits above, as {@linkcode Malformed} names them. */
const SIZE_LIMIT = "4 GiB in one chunk";
const EXTENSIONS_LIMIT = "the limit of chunk extensions";
export const TRAILERS_LIMIT = "8 KiB of trailers";

type State =
  | "size"
  | "blanks"
  | "extension"
  | "size end"
  | "data"
  | "data CR"
  | "data LF"
  | "trailers";

export class Chunked {
  /** Whether the body is complete. */
  done = false;
  /** Where the last scan stopped: the next message begins there, or trailers that are not complete. */
  consumed = 0;
  /** Bytes of data that the current chunk still lacks. */
  remaining = 0;
  /** Bytes of data so far. */
  dataBytes = 0;
  readonly #connectionOptions: ReadonlySet<string> | undefined;
  readonly #dataOnly: boolean;
  readonly #allowsBlanks: boolean;
  #state: State = "size";
  #size = 0;
  #digits = 0;
  #chunkExtensionBytes = 0;
  #bodyExtensionBytes = 0;

  /**
   * @param connectionOptions field names in lower case that Connection lists: no such trailer is forwarded
   * @param dataOnly whether everything except the data is removed
   * @param allowsBlanks whether blanks may follow a size (RFC 9112, 7.1.1: BWS). Many old servers fill a
   * field of fixed width with them. In a request they are refused: a backend might read them otherwise.
   */
  constructor(
    connectionOptions?: ReadonlySet<string>,
    dataOnly = false,
    allowsBlanks = false,
  ) {
    this.#connectionOptions = connectionOptions;
    this.#dataOnly = dataOnly;
    this.#allowsBlanks = allowsBlanks;
  }

  /**
   * Checks the body's bytes from `from` to `to`, and removes what is not forwarded.
   *
   * @returns where the bytes to forward end; they begin at `from`
   * @throws {Malformed} if the coding is not valid
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
            if (++this.#digits > MAX_SIZE_DIGITS) {
              throw new Malformed("a chunk is too large", 400, SIZE_LIMIT);
            }
            this.#size = this.#size * 16 + HEX[byte]!;
            keep(byte);
          } else if (this.#digits === 0) {
            throw new Malformed("a chunk must begin with its size");
          } else if (byte === CR) {
            this.#state = "size end";
            keep(byte);
          } else if (byte === SEMICOLON) {
            this.#state = "extension";
            this.#chunkExtensionBytes = 0;
          } else if (this.#allowsBlanks && isBlank(byte)) {
            this.#state = "blanks";
            this.#chunkExtensionBytes = 1;
          } else {
            throw new Malformed("a chunk's size must be hexadecimal digits");
          }
          at++;
          break;
        case "blanks":
          if (byte === CR) {
            this.#state = "size end";
            keep(byte);
          } else if (byte === SEMICOLON) {
            this.#state = "extension";
          } else if (isBlank(byte)) {
            // Those of all chunks are not limited: a server that sends any sends them with every chunk.
            if (++this.#chunkExtensionBytes > MAX_CHUNK_EXTENSION_BYTES) throw extensionsError();
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
            this.#checkExtension(byte);
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
          this.dataBytes += length;
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
          const end = findTrailersEnd(bytes, at, to);
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

  #checkExtension(byte: number): void {
    if (FIELD_VALUE[byte] !== 1) throw new Malformed("a chunk extension has a control character");
    if (
      ++this.#chunkExtensionBytes > MAX_CHUNK_EXTENSION_BYTES ||
      ++this.#bodyExtensionBytes > MAX_BODY_EXTENSION_BYTES
    ) throw extensionsError();
  }

  #keepTrailers(bytes: Uint8Array, start: number, end: number, kept: number): number {
    for (let at = start; at < end;) {
      const lineEnd = bytes.indexOf(LF, at) + 1;
      const name = readTrailerName(bytes, at, lineEnd);
      const isForwarded = name === "" || mayBeTrailer(name) && !this.#connectionOptions?.has(name);
      if (isForwarded && !this.#dataOnly) {
        bytes.copyWithin(kept, at, lineEnd);
        kept += lineEnd - at;
      }
      at = lineEnd;
    }
    return kept;
  }
}

function extensionsError(): Malformed {
  return new Malformed("chunk extensions are too long", 400, EXTENSIONS_LIMIT);
}

/** Returns where the empty line after the trailers ends; -1 if it has not arrived. */
function findTrailersEnd(bytes: Uint8Array, start: number, to: number): number {
  for (let at = start; at < to;) {
    const lineEnd = bytes.indexOf(LF, at) + 1;
    if (lineEnd === 0 || lineEnd > to) break;
    if (lineEnd - at <= 2) return lineEnd;
    at = lineEnd;
    if (at - start > MAX_TRAILER_BYTES) break;
  }
  if (to - start > MAX_TRAILER_BYTES) {
    throw new Malformed("the trailers are too large", 431, TRAILERS_LIMIT);
  }
  return -1;
}

/** Checks a line, and returns its name in lower case; an empty string for the empty line. */
function readTrailerName(bytes: Uint8Array, start: number, lineEnd: number): string {
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
