/**
 * The head of a message, read strictly (RFC 9112, 2 to 6) and left where it lies.
 *
 * One pass over the bytes checks every one of them and notes offsets: where the head ends, how the
 * body is framed, and which lines stay behind ("cuts"). No line becomes a string or an object. A head
 * that is not complete is gone on with at the line it broke off in.
 */
import { connectionOptions, splitList } from "../../../http/headers.ts";
import { refuseTransferEncoding } from "../../shared/admission.ts";
import { MAX_FIELDS, TOO_MANY_FIELDS } from "../../shared/field_limits.ts";
import { COLON, CR, FIELD_VALUE, HTAB, LF, SP, textOf, TOKEN } from "./bytes.ts";
import {
  CONNECTION,
  CONTENT_LENGTH,
  HOP,
  KEEP_ALIVE,
  meaningOf,
  OTHER,
  TRANSFER_ENCODING,
  UPGRADE,
} from "./field_names.ts";
import { Malformed, throwIfRefused } from "./malformed.ts";

/** More digits could be a number that a double does not hold exactly. */
const MAX_LENGTH_DIGITS = 15;

export abstract class Head {
  /** Where its first line begins. */
  start = 0;
  /** Where its field lines begin. */
  fieldsStart = 0;
  /** Where the empty line after it ends; 0 until it is complete. */
  end = 0;
  /** The minor version, 0 or 1, of HTTP/1. */
  minor = 1;
  /** What Content-Length says; -1 where there is none. */
  contentLength = -1;
  chunked = false;
  /** Options of Connection. */
  close = false;
  keepAlive = false;
  upgrade = false;
  /** Where the value of Upgrade stands; 0 where there is none. */
  upgradeStart = 0;
  upgradeEnd = 0;
  /** Names, in lower case, that Connection says belong to the hop, beside those that always do. */
  nominated: Set<string> | undefined;
  /** Lines that stay behind: where each begins and ends, in order. */
  readonly cuts: Int32Array = new Int32Array(2 * MAX_FIELDS);
  cutCount = 0;
  #at = 0;
  #fields = 0;

  /** Makes it ready for the message that begins at an offset. */
  reset(start: number): void {
    this.start = this.#at = start;
    this.fieldsStart = this.end = 0;
    this.minor = 1;
    this.contentLength = -1;
    this.chunked =
      this.close =
      this.keepAlive =
      this.upgrade =
        false;
    this.upgradeStart = this.upgradeEnd = 0;
    this.nominated = undefined;
    this.cutCount = this.#fields = 0;
  }

  /**
   * Reads on.
   *
   * @param filled where the bytes received so far end
   * @returns whether it is complete
   * @throws {Malformed} where this can be no valid message whatever follows
   */
  scan(bytes: Uint8Array, filled: number): boolean {
    let at = this.#at;
    if (this.fieldsStart === 0) {
      at = this.scanFirstLine(bytes, at, filled);
      if (at === -1) return false;
      this.fieldsStart = this.#at = at;
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
      if (++this.#fields > MAX_FIELDS) throwIfRefused(TOO_MANY_FIELDS);
      const meaning = meaningOf(bytes, nameStart, nameEnd);
      if (meaning !== OTHER) this.#note(meaning, bytes, nameStart, nameEnd + 1, at);
      this.#at = at += 2;
    }
    return false;
  }

  /** Reads the first line. @returns where the next one begins; -1 where it is not complete */
  protected abstract scanFirstLine(bytes: Uint8Array, at: number, filled: number): number;

  /**
   * Takes note of a field that only one kind of message gives a meaning.
   *
   * @returns whether the line stays behind
   */
  protected abstract note(meaning: number, bytes: Uint8Array, start: number, end: number): boolean;

  /** Checks what can only be told once all fields are known. */
  protected abstract finish(bytes: Uint8Array): void;

  /** Leaves a line behind. */
  protected cut(lineStart: number, lineEnd: number): void {
    const { cuts } = this;
    if (this.cutCount > 0 && cuts[2 * this.cutCount - 1] === lineStart) {
      cuts[2 * this.cutCount - 1] = lineEnd;
      return;
    }
    cuts[2 * this.cutCount] = lineStart;
    cuts[2 * this.cutCount + 1] = lineEnd;
    this.cutCount++;
  }

  /** Replaces what stays behind, in order. */
  cutAnew(lines: readonly (readonly [lineStart: number, lineEnd: number])[]): void {
    this.cutCount = 0;
    for (const [lineStart, lineEnd] of lines) this.cut(lineStart, lineEnd);
  }

  /**
   * Calls back for each field line, decoded; for heads in which a line needs more than a look.
   *
   * @param onlyMeaningful leaves out the lines whose names mean nothing to a proxy
   */
  forEachLine(
    bytes: Uint8Array,
    visit: (name: string, value: string, lineStart: number, lineEnd: number) => void,
    onlyMeaningful = false,
  ): void {
    for (let at = this.fieldsStart; at < this.end - 2;) {
      const lineEnd = bytes.indexOf(LF, at) + 1;
      const colon = bytes.indexOf(COLON, at);
      if (!onlyMeaningful || meaningOf(bytes, at, colon) !== OTHER) {
        const name = textOf(bytes, at, colon).toLowerCase();
        visit(name, trimmed(bytes, colon + 1, lineEnd - 2), at, lineEnd);
      }
      at = lineEnd;
    }
  }

  /** Visits the values of all lines of one name, and looks closely at no others. @param name in lower case */
  forEachValue(bytes: Uint8Array, name: string, visit: (value: string) => void): void {
    for (let at = this.fieldsStart; at < this.end - 2;) {
      const lineEnd = bytes.indexOf(LF, at) + 1;
      const colon = bytes.indexOf(COLON, at);
      if (colon - at === name.length && textOf(bytes, at, colon).toLowerCase() === name) {
        visit(trimmed(bytes, colon + 1, lineEnd - 2));
      }
      at = lineEnd;
    }
  }

  #note(meaning: number, bytes: Uint8Array, line: number, start: number, end: number): void {
    while (start < end && isBlank(bytes[start]!)) start++;
    let last = end;
    while (last > start && isBlank(bytes[last - 1]!)) last--;
    switch (meaning) {
      case CONTENT_LENGTH:
        if (this.contentLength !== -1) this.cut(line, end + 2); // equal, or it throws
        this.#noteContentLength(bytes, start, last);
        return;
      case TRANSFER_ENCODING:
        this.#noteTransferEncoding(bytes, start, last);
        break;
      case CONNECTION:
        this.#noteConnection(bytes, start, last);
        break;
      case UPGRADE:
        if (this.upgradeStart > 0) throw new Malformed("there are several Upgrade fields");
        this.upgradeStart = start;
        this.upgradeEnd = last;
        break;
      case KEEP_ALIVE:
        this.note(meaning, bytes, start, last);
        break;
      case HOP:
        break;
      default:
        if (!this.note(meaning, bytes, start, last)) return;
    }
    this.cut(line, end + 2);
  }

  #noteContentLength(bytes: Uint8Array, start: number, end: number): void {
    if (end === start || end - start > MAX_LENGTH_DIGITS) {
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

  #noteTransferEncoding(bytes: Uint8Array, start: number, end: number): void {
    if (this.chunked) throw new Malformed("there are several Transfer-Encodings");
    throwIfRefused(refuseTransferEncoding(textOf(bytes, start, end)));
    this.chunked = true;
  }

  #noteConnection(bytes: Uint8Array, start: number, end: number): void {
    if (is(bytes, start, end, KEEP_ALIVE_OPTION)) this.keepAlive = true;
    else if (is(bytes, start, end, CLOSE_OPTION)) this.close = true;
    else {
      const value = textOf(bytes, start, end);
      for (const option of splitList(value)) {
        if (option === "close") this.close = true;
        if (option === "keep-alive") this.keepAlive = true;
        if (option === "upgrade") this.upgrade = true;
      }
      for (const name of connectionOptions(value)) (this.nominated ??= new Set()).add(name);
    }
  }
}

const KEEP_ALIVE_OPTION = "keep-alive";
const CLOSE_OPTION = "close";

function is(bytes: Uint8Array, start: number, end: number, option: string): boolean {
  if (end - start !== option.length) return false;
  for (let i = 0; i < option.length; i++) {
    if ((bytes[start + i]! | 0x20) !== option.charCodeAt(i)) return false;
  }
  return true;
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

function trimmed(bytes: Uint8Array, start: number, end: number): string {
  while (start < end && isBlank(bytes[start]!)) start++;
  while (end > start && isBlank(bytes[end - 1]!)) end--;
  return textOf(bytes, start, end);
}
