/**
 * A backend's body on its way to the client, kept to IDLE_TIMEOUT.
 *
 * A body that is handed on as it is never enters JavaScript: nobody can see whether it moves, and
 * nothing ends it, not even its fetch's abort (tests/engines/web/response_body_test.ts). So a short one of known
 * length is received first, which costs little, and where it breaks off the client has not seen any of
 * it: another backend may be asked. Any other passes piece by piece, each read only once the client has
 * taken the one before.
 */
import { failed } from "../../outcome.ts";
import { CLIENT_GONE, CLIENT_TAKES_NOTHING, STALLED } from "../shared/failures.ts";
import type { WebAttempt } from "./attempt.ts";

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Bytes up to which a body is short. */
const SHORT_BYTES = 64 * 1024;

/** The error of a body that does not come whole: told where it is known why, and no fault of ours. */
export class BrokenBody extends Error {
  override name = "BrokenBody";
}

/** Whether there is a body, and one that is short. */
export function hasShortBody({ body, headers }: Response): boolean {
  if (body === null) return false;
  const length = headers.get("content-length");
  return length !== null && Number(length) <= SHORT_BYTES;
}

/** The same body, which the attempt can see move, and break off. */
export function watched(body: Body, attempt: WebAttempt): Body {
  const reader = body.getReader();
  let left = false;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      attempt.answer((failure) => controller.error(new BrokenBody(failure.detail)));
    },
    async pull(controller) {
      attempt.expectMove(STALLED);
      try {
        const { done, value } = await reader.read();
        if (left) return;
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
      left = true;
      attempt.end();
      attempt.broken ??= CLIENT_GONE;
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
