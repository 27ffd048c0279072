/**
 * The head of a response: its status line (RFC 9112, 4), and fields that matter only in responses.
 *
 * A status of 600 to 999 has no meaning (RFC 9110, 15), but some sites send one, and a client can be given
 * what it would have got without a proxy.
 */
import { CR, FIELD_VALUE, LF, SP, textOf } from "./bytes.ts";
import { DATE, KEEP_ALIVE, STRICT_TRANSPORT_SECURITY } from "./field_names.ts";
import { Head } from "./head.ts";
import { Malformed } from "./malformed.ts";

const VERSION = "HTTP/1.";

export class ResponseHead extends Head {
  status = 0;
  /** The idle timeout that the backend announces in Keep-Alive, in seconds; -1 if it announces none. */
  idleSeconds = -1;
  /** Whether there is a Date, and a Strict-Transport-Security. */
  hasDate = false;
  hasHsts = false;

  override reset(start: number): void {
    super.reset(start);
    this.status = 0;
    this.idleSeconds = -1;
    this.hasDate = this.hasHsts = false;
  }

  /** Whether the connection can be reused (RFC 9112, 9.3). */
  get persistent(): boolean {
    return !this.close && (this.minor === 1 || this.keepAlive);
  }

  protected override scanFirstLine(bytes: Uint8Array, at: number, filled: number): number {
    for (let i = 0; i < VERSION.length; i++) {
      if (at + i >= filled) return -1;
      if (bytes[at + i] !== VERSION.charCodeAt(i)) throw new Malformed("this is not HTTP/1");
    }
    if (filled < at + 13) return -1;
    this.minor = bytes[at + 7]! - 48;
    if (this.minor !== 0 && this.minor !== 1) throw new Malformed("this is not HTTP/1");
    const hundreds = bytes[at + 9]! - 48, tens = bytes[at + 10]! - 48, ones = bytes[at + 11]! - 48;
    if (
      bytes[at + 8] !== SP || hundreds < 1 || hundreds > 9 || tens < 0 || tens > 9 || ones < 0 ||
      ones > 9
    ) {
      throw new Malformed("the status must be 100 to 999");
    }
    this.status = hundreds * 100 + tens * 10 + ones;
    at += 12;
    // Many servers leave out the space before an empty reason, which is harmless (RFC 9112, 4).
    if (bytes[at] !== CR && bytes[at] !== SP) throw new Malformed("the status must be 100 to 999");
    while (at < filled && FIELD_VALUE[bytes[at]!] === 1) at++;
    if (at < filled && bytes[at] !== CR) throw new Malformed("a line must end with CR LF");
    if (at + 1 >= filled) return -1;
    if (bytes[at + 1] !== LF) throw new Malformed("a line must end with CR LF");
    return at + 2;
  }

  protected override recordOwnField(
    kind: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    if (kind === DATE) this.hasDate = true;
    if (kind === STRICT_TRANSPORT_SECURITY) this.hasHsts = true;
    if (kind !== KEEP_ALIVE) return false;
    const [, seconds] = /(?:^|[ \t,])timeout=(\d{1,9})(?!\d)/i.exec(textOf(bytes, start, end)) ??
      [];
    if (seconds !== undefined) this.idleSeconds = Number(seconds);
    return true;
  }

  protected override finish(): void {
    if (this.chunked && this.contentLength !== -1) {
      throw new Malformed("there are both Transfer-Encoding and Content-Length");
    }
    if (this.chunked && this.minor === 0) throw new Malformed("HTTP/1.0 has no Transfer-Encoding");
  }
}
