/** The head of a request: its request line (RFC 9112, 3), and what only requests have. */
import { CR, LF, SP, TARGET, textOf, TOKEN } from "./bytes.ts";
import { HOST, RULED } from "./field_names.ts";
import { Head } from "./head.ts";
import { ForwardingOffsets } from "./received_forwarding.ts";
import { HOST_MISSING } from "../../shared/admission.ts";
import { refuseHeadSize } from "../../shared/field_limits.ts";
import { Malformed, throwIfRefused } from "./malformed.ts";

const SLASH = 0x2f;
const VERSION = "HTTP/1.";

/** The forms of a target (RFC 9112, 3.2). */
export type TargetForm = "origin" | "absolute" | "asterisk";

export class RequestHead extends Head {
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  form: TargetForm = "origin";
  /** The value of Host; `hostEnd` is 0 where there is none. */
  hostStart = 0;
  hostEnd = 0;
  /** What its lines say that our own are to go on from, such as Via. */
  readonly forwarding: ForwardingOffsets = new ForwardingOffsets();
  /** Whether another field is there that the core has a rule for: Expect or Max-Forwards. */
  ruled = false;

  override reset(start: number): void {
    super.reset(start);
    this.forwarding.reset();
    this.hostStart =
      this.hostEnd =
      this.targetStart =
      this.targetEnd =
        0;
    this.form = "origin";
    this.ruled = false;
  }

  /** The method, without making a string of one that is common. */
  methodOf(bytes: Uint8Array): string {
    const { start, methodEnd } = this;
    switch (bytes[start]) {
      case 0x47: // G
        if (methodEnd - start === 3 && isText(bytes, start, "GET")) return "GET";
        break;
      case 0x50: // P
        if (methodEnd - start === 4 && isText(bytes, start, "POST")) return "POST";
        if (methodEnd - start === 3 && isText(bytes, start, "PUT")) return "PUT";
        break;
      case 0x48: // H
        if (methodEnd - start === 4 && isText(bytes, start, "HEAD")) return "HEAD";
        break;
    }
    return textOf(bytes, start, methodEnd);
  }

  /** Whether the client wants the connection kept (RFC 9112, 9.3). */
  get persistent(): boolean {
    return !this.close && (this.minor === 1 || this.keepAlive);
  }

  /** @throws {Malformed} if it, or its target alone, takes too many bytes */
  checkSize(limit: number): void {
    throwIfRefused(refuseHeadSize(this.targetEnd - this.targetStart, this.end - this.start, limit));
  }

  /** Why a head is refused that is not complete within the limit. */
  tooLarge(limit: number): Malformed {
    const refusal = refuseHeadSize(this.targetEnd - this.targetStart, Infinity, limit)!;
    return new Malformed(refusal.reason, refusal.status);
  }

  protected override scanFirstLine(bytes: Uint8Array, at: number, filled: number): number {
    // One empty line before it is what old clients send after a body (RFC 9112, 2.2).
    if (bytes[at] === CR) {
      if (at + 1 >= filled) return -1;
      if (bytes[at + 1] !== LF) throw new Malformed("a line must end with CR LF");
      at += 2;
    }
    const methodStart = at;
    while (at < filled && TOKEN[bytes[at]!] === 1) at++;
    if (at >= filled) return -1;
    if (at === methodStart || bytes[at] !== SP) throw new Malformed("the method must be a token");
    this.methodEnd = at++;
    const targetStart = at;
    while (at < filled && TARGET[bytes[at]!] === 1) at++;
    this.targetStart = targetStart;
    this.targetEnd = at;
    if (at >= filled) return -1;
    if (at === targetStart || bytes[at] !== SP) {
      throw new Malformed("the target must be visible ASCII without a fragment");
    }
    at++;
    for (let i = 0; i < VERSION.length; i++) {
      if (at + i >= filled) return -1;
      if (bytes[at + i] !== VERSION.charCodeAt(i)) throw noSuchVersion(bytes, at, filled);
    }
    at += VERSION.length;
    if (at >= filled) return -1;
    this.minor = bytes[at]! - 48;
    if (this.minor !== 0 && this.minor !== 1) throw noSuchVersion(bytes, at - 7, filled);
    if (at + 1 < filled && bytes[at + 1] !== CR) throw new Malformed("a line must end with CR LF");
    if (at + 2 >= filled) return -1;
    if (bytes[at + 2] !== LF) throw new Malformed("a line must end with CR LF");
    this.start = methodStart;
    if (bytes[targetStart] !== SLASH) this.form = formOf(bytes, targetStart, this.targetEnd);
    return at + 3;
  }

  protected override note(
    meaning: number,
    _bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    switch (meaning) {
      case HOST:
        if (this.hostEnd > 0) throw new Malformed("there are several Hosts");
        this.hostStart = start;
        this.hostEnd = end;
        return false;
      case RULED:
        this.ruled = true;
        return false;
      default:
        return this.forwarding.note(meaning, start, end);
    }
  }

  protected override finish(): void {
    if (this.chunked && this.contentLength !== -1) {
      throw new Malformed("there are both Transfer-Encoding and Content-Length");
    }
    if (this.chunked && this.minor === 0) throw new Malformed("HTTP/1.0 has no Transfer-Encoding");
    if (this.hostEnd === 0 && this.minor === 1) throwIfRefused(HOST_MISSING);
  }
}

function formOf(bytes: Uint8Array, start: number, end: number): TargetForm {
  return end - start === 1 && bytes[start] === 0x2a ? "asterisk" : "absolute";
}

function noSuchVersion(bytes: Uint8Array, at: number, filled: number): Malformed {
  const known = /^HTTP\/\d/.test(textOf(bytes, at, Math.min(filled, at + 8)));
  return known
    ? new Malformed("the version must be HTTP/1.1 or HTTP/1.0", 505)
    : new Malformed("the request line must be a method, a target and a version");
}

function isText(bytes: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}
