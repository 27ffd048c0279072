/**
 * A backend's body on its way to the client, kept to IDLE_TIMEOUT.
 *
 * A body that is handed on as it is never enters JavaScript, and nobody can see whether it moves. That
 * is fine for a short one of known length: it is over soon, or it has stalled. Any other passes piece
 * by piece, each read only once the client has taken the one before.
 */
import { CLIENT_TAKES_NOTHING, failed, STALLED } from "../failures.ts";
import type { WebResponse } from "./forward.ts";

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Bytes up to which a body is short: IDLE_TIMEOUT is then for all of it. */
const SHORT = 64 * 1024;

/** The error of a body that does not come whole: told where it is known why, and no fault of ours. */
export class BrokenBody extends Error {
  override name = "BrokenBody";
}

/** The body to respond with; null where there is none. */
export function responseBody({ response, attempt }: WebResponse): Body | null {
  const { body, headers } = response;
  if (body === null) {
    attempt.answer(() => {});
    return null;
  }
  const length = headers.get("content-length");
  if (length !== null && Number(length) <= SHORT) {
    attempt.answer(() => {});
    attempt.expectMove(STALLED);
    return body;
  }
  return watched(body, attempt);
}

function watched(body: Body, attempt: WebResponse["attempt"]): Body {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      attempt.answer((failure) => controller.error(new BrokenBody(failure.detail)));
    },
    async pull(controller) {
      attempt.expectMove(STALLED);
      try {
        const { done, value } = await reader.read();
        if (done) {
          attempt.end();
          return controller.close();
        }
        attempt.expectMove(CLIENT_TAKES_NOTHING);
        controller.enqueue(value);
      } catch (error) {
        attempt.end();
        attempt.broken ??= failed("connection_terminated", String(error));
        controller.error(new BrokenBody(attempt.broken.detail));
      }
    },
    async cancel(reason) {
      attempt.end();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
