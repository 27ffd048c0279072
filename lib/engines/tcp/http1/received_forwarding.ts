/**
 * What the lines of a request say that ours are to go on from: `ReceivedForwarding` of lib/http/headers.ts, in offsets.
 *
 * Whatever came through another proxy has such lines. One of each is the rule, and for that nothing
 * has to become a string; where a list comes in several lines, lib/http/headers.ts is asked to join them.
 */
import {
  VIA,
  X_FORWARDED,
  X_FORWARDED_FOR,
  X_FORWARDED_HOST,
  X_FORWARDED_PROTO,
  X_REQUEST_ID,
} from "./field_names.ts";

export class ForwardingOffsets {
  /** Whether the client's X-Forwarded-* are believed: as of ProxyLines, and so for all its messages. */
  trusted = false;
  /** Where the believed value of X-Forwarded-For stands; its end is 0 where there is none. */
  forwardedForStart = 0;
  forwardedForEnd = 0;
  forwardedProto = false;
  forwardedHost = false;
  /** Where the value of Via stands; its end is 0 where there is none. */
  viaStart = 0;
  viaEnd = 0;
  requestId = false;
  /** Whether a list came in several lines, of which just the last is noted here. */
  several = false;

  reset(): void {
    this.forwardedForStart =
      this.forwardedForEnd =
      this.viaStart =
      this.viaEnd =
        0;
    this.forwardedProto =
      this.forwardedHost =
      this.requestId =
      this.several =
        false;
  }

  /** Whether our own lines are other ones than those of a plain request. */
  get any(): boolean {
    return this.forwardedForEnd > 0 || this.viaEnd > 0 || this.requestId || this.forwardedProto ||
      this.forwardedHost;
  }

  /**
   * Takes note of a line.
   *
   * @param start where its value begins
   * @returns whether the line stays behind, as it is not believed or goes on in one of ours
   */
  note(meaning: number, start: number, end: number): boolean {
    switch (meaning) {
      case VIA:
        this.several ||= this.viaEnd > 0;
        this.viaStart = start;
        this.viaEnd = end;
        return true;
      case X_FORWARDED_FOR:
        if (!this.trusted) return true;
        this.several ||= this.forwardedForEnd > 0;
        this.forwardedForStart = start;
        this.forwardedForEnd = end;
        return true;
      case X_FORWARDED_PROTO:
        this.forwardedProto = this.trusted;
        return !this.trusted;
      case X_FORWARDED_HOST:
        this.forwardedHost = this.trusted;
        return !this.trusted;
      case X_FORWARDED:
        return !this.trusted;
      case X_REQUEST_ID:
        this.requestId = true;
        return false;
      default:
        return false;
    }
  }
}
