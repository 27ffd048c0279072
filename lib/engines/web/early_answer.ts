/**
 * Backends that answer before they have the whole request, and close: because the body is too large, or the
 * client is not allowed to send it. What is sent to them then is answered with a reset, and fetch may lose
 * the answer. So the body pauses when an answer comes early, and what breaks while a body is being sent
 * says nothing about its backend.
 */
import type { Failed } from "../../outcome.ts";
import type { Wheel } from "../../time/timer_wheel.ts";
import type { RequestBody } from "./request_body.ts";

/** How long a body pauses when the answer begins, in milliseconds: some backends want the rest of it. */
const PAUSE_MS = 100;

/** Pauses a body that is still being sent although the answer has begun (RFC 9112, 9.5). */
export function pauseForAnswer(body: RequestBody | undefined, wheel: Wheel): void {
  if (body?.isBeingSent) body.pause(wheel, PAUSE_MS);
}

/** The failure, blameless if it broke a connection on which a body was being sent. */
export function assessBreak(failed: Failed, body: RequestBody | undefined): Failed {
  const ambiguous = failed.failure === "connection_terminated" && body !== undefined &&
    (body.isBeingSent || BROKEN_PIPE.test(failed.detail));
  return ambiguous ? { ...failed, inconclusive: true } : failed;
}

/** The error of a write: then the end of the body was still to be written. */
const BROKEN_PIPE = /broken pipe/i;
