/**
 * The fields of a request that the lines added by the proxy depend on: `ReceivedForwarding` of
 * lib/http/headers.ts, as offsets.
 *
 * Requests that came through another proxy have them, usually one of each, and then no string is needed.
 * If a list is repeated, lib/http/headers.ts joins its lines.
 */
import {
  CLIENT_CERT,
  FORWARDING_OTHER,
  VIA,
  X_FORWARDED_FOR,
  X_FORWARDED_HOST,
  X_FORWARDED_PROTO,
  X_REQUEST_ID,
} from "./field_names.ts";

export class ForwardingOffsets {
  /** Whether what the client says of forwarding is trusted. It depends on the connection: reset keeps it. */
  trusted = false;
  /** The value of a trusted X-Forwarded-For; the end is 0 if there is none. */
  forwardedForStart = 0;
  forwardedForEnd = 0;
  /** Whether there is a trusted X-Forwarded-Proto, and X-Forwarded-Host. */
  forwardedProto = false;
  forwardedHost = false;
  /** The value of Via; the end is 0 if there is none. */
  viaStart = 0;
  viaEnd = 0;
  /** Whether there is an X-Request-Id. */
  requestId = false;
  /** Whether Via or X-Forwarded-For is repeated. Only the last line of each is recorded here. */
  hasRepeatedList = false;

  reset(): void {
    this.forwardedForStart =
      this.forwardedForEnd =
      this.viaStart =
      this.viaEnd =
        0;
    this.forwardedProto =
      this.forwardedHost =
      this.requestId =
      this.hasRepeatedList =
        false;
  }

  /** Whether the lines that the proxy adds depend on any of them. */
  get any(): boolean {
    return this.forwardedForEnd > 0 || this.viaEnd > 0 || this.requestId || this.forwardedProto ||
      this.forwardedHost;
  }

  /**
   * Records a field.
   *
   * @param kind of its name, of field_names.ts
   * @param start of its value
   * @param end of its value
   * @returns whether the line is not forwarded: it is not trusted, or becomes part of an added one
   */
  recordField(kind: number, start: number, end: number): boolean {
    switch (kind) {
      case VIA:
        this.hasRepeatedList ||= this.viaEnd > 0;
        this.viaStart = start;
        this.viaEnd = end;
        return true;
      case X_FORWARDED_FOR:
        if (!this.trusted) return true;
        this.hasRepeatedList ||= this.forwardedForEnd > 0;
        this.forwardedForStart = start;
        this.forwardedForEnd = end;
        return true;
      case X_FORWARDED_PROTO:
        this.forwardedProto = this.trusted;
        return !this.trusted;
      case X_FORWARDED_HOST:
        this.forwardedHost = this.trusted;
        return !this.trusted;
      case FORWARDING_OTHER:
        return !this.trusted;
      case CLIENT_CERT:
        return true;
      case X_REQUEST_ID:
        this.requestId = true;
        return false;
      default:
        return false;
    }
  }
}
