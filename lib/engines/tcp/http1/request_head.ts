/** The head of a request: its request line (RFC 9112, 3), and fields that matter only in requests. */
import { CR, LF, SP, TARGET, textOf, TOKEN } from "./bytes.ts";
import { EXPECT_OR_MAX_FORWARDS, HOST } from "./field_names.ts";
import { Head } from "./head.ts";
import { ForwardingOffsets } from "./received_forwarding.ts";
import { HOST_MISSING, refuseMethod } from "../../shared/admission.ts";
import { refuseHeadSize } from "../../shared/field_limits.ts";
import { Malformed, throwIfRefused } from "./malformed.ts";

const SLASH = 0x2f;
const VERSION = "HTTP/1.";

/** The form of a request target (RFC 9112, 3.2); the authority form is for CONNECT alone. */
export type TargetForm = "origin" | "absolute" | "asterisk";

export class RequestHead extends Head {
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  form: TargetForm = "origin";
  /** The value of Host; `hostEnd` is 0 if there is none. */
  hostStart = 0;
  hostEnd = 0;
  /** The fields that the lines added by the proxy depend on, such as Via. */
  readonly forwarding: ForwardingOffsets = new ForwardingOffsets();
  /** Whether there is an Expect or a Max-Forwards: lib/http/headers.ts has rules for their values. */
  hasExpectOrMaxForwards = false;

  override reset(start: number): void {
    super.reset(start);
    this.forwarding.reset();
    this.hostStart =
      this.hostEnd =
      this.targetStart =
      this.targetEnd =
        0;
    this.form = "origin";
    this.hasExpectOrMaxForwards = false;
  }

  /** Reads the method, without a new string for the common ones. */
  readMethod(bytes: Uint8Array): string {
    const { start, methodEnd } = this;
    switch (bytes[start]) {
      case 0x47: // G
        if (methodEnd - start === 3 && hasText(bytes, start, "GET")) return "GET";
        break;
      case 0x50: // P
        if (methodEnd - start === 4 && hasText(bytes, start, "POST")) return "POST";
        if (methodEnd - start === 3 && hasText(bytes, start, "PUT")) return "PUT";
        break;
      case 0x48: // H
        if (methodEnd - start === 4 && hasText(bytes, start, "HEAD")) return "HEAD";
        break;
    }
    return textOf(bytes, start, methodEnd);
  }

  /** Whether the client wants to reuse the connection (RFC 9112, 9.3). */
  get persistent(): boolean {
    return !this.close && (this.minor === 1 || this.keepAlive);
  }

  /**
   * Checks the size of the complete head.
   *
   * @param limit limits.headerSize
   * @throws {Malformed} if the head, or its target alone, is too large
   */
  checkSize(limit: number): void {
    throwIfRefused(refuseHeadSize(this.targetEnd - this.targetStart, this.end - this.start, limit));
  }

  /** Returns the error for a head that is not complete within the limit. @param limit limits.headerSize */
  sizeError(limit: number): Malformed {
    const refusal = refuseHeadSize(this.targetEnd - this.targetStart, Infinity, limit)!;
    return new Malformed(refusal.reason, refusal.status);
  }

  protected override scanFirstLine(bytes: Uint8Array, at: number, filled: number): number {
    // Old clients send an empty line after a body; one is accepted (RFC 9112, 2.2).
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
      // A method that is never forwarded is refused for itself, whatever its target looks like.
      throwIfRefused(refuseMethod(textOf(bytes, methodStart, this.methodEnd)));
      throw new Malformed("the target must be visible ASCII without a fragment");
    }
    at++;
    for (let i = 0; i < VERSION.length; i++) {
      if (at + i >= filled) return -1;
      if (bytes[at + i] !== VERSION.charCodeAt(i)) throw versionError(bytes, at, filled);
    }
    at += VERSION.length;
    if (at >= filled) return -1;
    this.minor = bytes[at]! - 48;
    if (this.minor !== 0 && this.minor !== 1) throw versionError(bytes, at - 7, filled);
    if (at + 1 < filled && bytes[at + 1] !== CR) throw new Malformed("a line must end with CR LF");
    if (at + 2 >= filled) return -1;
    if (bytes[at + 2] !== LF) throw new Malformed("a line must end with CR LF");
    this.start = methodStart;
    if (bytes[targetStart] !== SLASH) {
      this.form = classifyTarget(bytes, targetStart, this.targetEnd);
    }
    return at + 3;
  }

  protected override recordOwnField(
    kind: number,
    _bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    switch (kind) {
      case HOST:
        if (this.hostEnd > 0) throw new Malformed("there are several Hosts");
        this.hostStart = start;
        this.hostEnd = end;
        return false;
      case EXPECT_OR_MAX_FORWARDS:
        this.hasExpectOrMaxForwards = true;
        return false;
      default:
        return this.forwarding.recordField(kind, start, end);
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

/** @returns the form of a target that does not begin with a slash */
function classifyTarget(bytes: Uint8Array, start: number, end: number): TargetForm {
  return end - start === 1 && bytes[start] === 0x2a ? "asterisk" : "absolute";
}

function versionError(bytes: Uint8Array, at: number, filled: number): Malformed {
  const isHttp = /^HTTP\/\d/.test(textOf(bytes, at, Math.min(filled, at + 8)));
  return isHttp
    ? new Malformed("the version must be HTTP/1.1 or HTTP/1.0", 505)
    : new Malformed("the request line must be a method, a target and a version");
}

function hasText(bytes: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}
