/**
 * The head of a message, parsed strictly (RFC 9112, 2 to 6) and in place.
 *
 * One pass checks every byte and records offsets: the end of the head, the framing of the body, and the
 * lines that are not forwarded. No line becomes a string or an object. If a head arrives in parts, each
 * scan resumes at the first line that was not complete.
 */
import { connectionOptions, splitList } from "../../../http/field_kinds.ts";
import { refuseTransferEncoding } from "../../shared/admission.ts";
import { TOO_MANY_LINES } from "../../shared/field_limits.ts";
import {
  COLON,
  CR,
  equalsIgnoringCase,
  FIELD_VALUE,
  isBlank,
  LF,
  readTrimmed,
  textOf,
  TOKEN,
} from "./bytes.ts";
import {
  classifyName,
  CONNECTION,
  CONTENT_LENGTH,
  HOP,
  KEEP_ALIVE,
  OTHER,
  TRANSFER_ENCODING,
  UPGRADE,
} from "./field_names.ts";
import { Malformed, throwIfRefused } from "./malformed.ts";

/** A double holds every number with so few digits exactly. */
const MAX_CONTENT_LENGTH_DIGITS = 15;

/** Ranges of dropped lines that there is room for at first. Most heads have fewer. */
const FEW_RANGES = 16;

/** The head of a request or a response. Offsets are into the bytes that it was scanned from. */
export abstract class Head {
  /** Where its first line begins. */
  start = 0;
  /** Where its field lines begin; 0 until the first line is complete. */
  fieldsStart = 0;
  /** Where the body begins, after the empty line; 0 until the head is complete. */
  end = 0;
  /** The minor version of HTTP/1: 0 or 1. */
  minor = 1;
  /** The value of Content-Length; -1 if there is none. */
  contentLength = -1;
  /** Whether Transfer-Encoding is chunked. */
  chunked = false;
  /** Whether Connection lists `close`, `keep-alive` and `upgrade`. */
  close = false;
  keepAlive = false;
  upgrade = false;
  /** The value of Upgrade; both are 0 if there is none. */
  upgradeStart = 0;
  upgradeEnd = 0;
  /**
   * Field names in lower case that Connection lists (RFC 9110, 7.6.1), without those that are always
   * hop-by-hop; undefined if there are none.
   */
  connectionOptions: Set<string> | undefined;
  /** The field lines that are not forwarded, as ranges in order: start and end of each. */
  droppedRanges: Int32Array = new Int32Array(2 * FEW_RANGES);
  droppedRangeCount = 0;
  readonly #maxLines: number;
  /** Where the next scan resumes. */
  #resumeAt = 0;
  #lineCount = 0;

  /** @param maxLines limits.headerLines */
  constructor(maxLines = 100) {
    this.#maxLines = maxLines;
  }

  /** Prepares for the message that begins at an offset. */
  reset(start: number): void {
    this.start = this.#resumeAt = start;
    this.fieldsStart = this.end = 0;
    this.minor = 1;
    this.contentLength = -1;
    this.chunked =
      this.close =
      this.keepAlive =
      this.upgrade =
        false;
    this.upgradeStart = this.upgradeEnd = 0;
    this.connectionOptions = undefined;
    this.droppedRangeCount = this.#lineCount = 0;
  }

  /**
   * Parses the bytes received so far, from where the last scan stopped.
   *
   * @param filled where these bytes end
   * @returns whether the head is complete
   * @throws {Malformed} if no bytes that follow can make it valid
   */
  scan(bytes: Uint8Array, filled: number): boolean {
    let at = this.#resumeAt;
    if (this.fieldsStart === 0) {
      at = this.scanFirstLine(bytes, at, filled);
      if (at === -1) return false;
      this.fieldsStart = this.#resumeAt = at;
    }
    while (at < filled) {
      if (bytes[at] === CR) {
        if (at + 1 >= filled) return false;
        if (bytes[at + 1] !== LF) throw new Malformed("a line must end with CR LF");
        this.end = at + 2;
        this.finish(bytes);
        return true;
      }
      const nameStart = at;
      while (at < filled && TOKEN[bytes[at]!] === 1) at++;
      const nameEnd = at;
      if (at >= filled) return false;
      if (bytes[at] !== COLON || nameEnd === nameStart) {
        throw new Malformed("a field line must be a name, a colon and a value");
      }
      at++;
      while (at < filled && FIELD_VALUE[bytes[at]!] === 1) at++;
      if (at + 1 >= filled) {
        if (at < filled && bytes[at] !== CR) throw new Malformed("a field has a control character");
        return false;
      }
      if (bytes[at] !== CR || bytes[at + 1] !== LF) {
        throw new Malformed("a field has a control character");
      }
      if (++this.#lineCount > this.#maxLines) throwIfRefused(TOO_MANY_LINES);
      const kind = classifyName(bytes, nameStart, nameEnd);
      if (kind !== OTHER) this.#recordField(kind, bytes, nameStart, nameEnd + 1, at);
      this.#resumeAt = at += 2;
    }
    return false;
  }

  /** Parses the first line. @returns where the next one begins; -1 if it is not complete */
  protected abstract scanFirstLine(bytes: Uint8Array, at: number, filled: number): number;

  /**
   * Records a field that matters only in requests, or only in responses.
   *
   * @param kind of its name, of field_names.ts
   * @param start of its value, without blanks
   * @param end of its value, without blanks
   * @returns whether the line is not forwarded
   */
  protected abstract recordOwnField(
    kind: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean;

  /** Checks what depends on all fields. */
  protected abstract finish(bytes: Uint8Array): void;

  /** Marks a line as not forwarded. Lines must be marked in order. */
  protected dropLine(lineStart: number, lineEnd: number): void {
    const { droppedRanges, droppedRangeCount } = this;
    const at = 2 * droppedRangeCount;
    if (droppedRangeCount > 0 && droppedRanges[at - 1] === lineStart) {
      droppedRanges[at - 1] = lineEnd;
      return;
    }
    if (at === droppedRanges.length) {
      this.droppedRanges = new Int32Array(2 * at);
      this.droppedRanges.set(droppedRanges);
    }
    this.droppedRanges[at] = lineStart;
    this.droppedRanges[at + 1] = lineEnd;
    this.droppedRangeCount++;
  }

  /** Marks these lines, in order, as not forwarded, and no others. */
  replaceDroppedLines(lines: readonly (readonly [lineStart: number, lineEnd: number])[]): void {
    this.droppedRangeCount = 0;
    for (const [lineStart, lineEnd] of lines) this.dropLine(lineStart, lineEnd);
  }

  /**
   * Visits the field lines as text, which only uncommon heads need.
   *
   * @param visit gets names in lower case, and values without blanks around them
   * @param skipsOther whether lines of the kind {@linkcode OTHER} are left out
   */
  forEachLine(
    bytes: Uint8Array,
    visit: (name: string, value: string, lineStart: number, lineEnd: number) => void,
    skipsOther = false,
  ): void {
    for (let at = this.fieldsStart; at < this.end - 2;) {
      const lineEnd = bytes.indexOf(LF, at) + 1;
      const colon = bytes.indexOf(COLON, at);
      if (!skipsOther || classifyName(bytes, at, colon) !== OTHER) {
        const name = textOf(bytes, at, colon).toLowerCase();
        visit(name, readTrimmed(bytes, colon + 1, lineEnd - 2), at, lineEnd);
      }
      at = lineEnd;
    }
  }

  /**
   * The value of a field, its lines joined; undefined if there is none. Of a head that is not complete or
   * not valid, the lines before that count.
   */
  readField(bytes: Uint8Array, name: string): string | undefined {
    const wanted = name.toLowerCase();
    const separator = wanted === "cookie" ? "; " : ", "; // RFC 9113, 8.2.3
    const end = this.end > 0 ? this.end - 2 : this.#resumeAt;
    let found: string | undefined;
    for (let at = this.fieldsStart; at < end;) {
      let colon = at; // names are short: a call of indexOf takes longer
      while (bytes[colon] !== COLON) colon++;
      const lineEnd = bytes.indexOf(LF, colon) + 1;
      if (colon - at === wanted.length && textOf(bytes, at, colon).toLowerCase() === wanted) {
        const value = readTrimmed(bytes, colon + 1, lineEnd - 2);
        found = found === undefined ? value : `${found}${separator}${value}`;
      }
      at = lineEnd;
    }
    return found;
  }

  #recordField(kind: number, bytes: Uint8Array, line: number, start: number, end: number): void {
    while (start < end && isBlank(bytes[start]!)) start++;
    let last = end;
    while (last > start && isBlank(bytes[last - 1]!)) last--;
    switch (kind) {
      case CONTENT_LENGTH:
        if (this.contentLength !== -1) this.dropLine(line, end + 2); // a repetition, or it throws
        this.#recordContentLength(bytes, start, last);
        return;
      case TRANSFER_ENCODING:
        this.#recordTransferEncoding(bytes, start, last);
        break;
      case CONNECTION:
        this.#recordConnection(bytes, start, last);
        break;
      case UPGRADE:
        if (this.upgradeStart > 0) throw new Malformed("there are several Upgrade fields");
        this.upgradeStart = start;
        this.upgradeEnd = last;
        break;
      case KEEP_ALIVE:
        this.recordOwnField(kind, bytes, start, last);
        break;
      case HOP:
        break;
      default:
        if (!this.recordOwnField(kind, bytes, start, last)) return;
    }
    this.dropLine(line, end + 2);
  }

  #recordContentLength(bytes: Uint8Array, start: number, end: number): void {
    if (end === start || end - start > MAX_CONTENT_LENGTH_DIGITS) {
      throw new Malformed("Content-Length must be a number");
    }
    let length = 0;
    for (let at = start; at < end; at++) {
      const digit = bytes[at]! - 48;
      if (digit < 0 || digit > 9) throw new Malformed("Content-Length must be a number");
      length = length * 10 + digit;
    }
    if (this.contentLength !== -1 && this.contentLength !== length) {
      throw new Malformed("there are several Content-Lengths");
    }
    this.contentLength = length;
  }

  #recordTransferEncoding(bytes: Uint8Array, start: number, end: number): void {
    if (this.chunked) throw new Malformed("there are several Transfer-Encodings");
    throwIfRefused(refuseTransferEncoding(textOf(bytes, start, end)));
    this.chunked = true;
  }

  #recordConnection(bytes: Uint8Array, start: number, end: number): void {
    if (equalsIgnoringCase(bytes, start, end, KEEP_ALIVE_OPTION)) this.keepAlive = true;
    else if (equalsIgnoringCase(bytes, start, end, CLOSE_OPTION)) this.close = true;
    else {
      const value = textOf(bytes, start, end);
      for (const option of splitList(value)) {
        if (option === "close") this.close = true;
        if (option === "keep-alive") this.keepAlive = true;
        if (option === "upgrade") this.upgrade = true;
      }
      for (const name of connectionOptions(value)) (this.connectionOptions ??= new Set()).add(name);
    }
  }
}

const KEEP_ALIVE_OPTION = "keep-alive";
const CLOSE_OPTION = "close";
