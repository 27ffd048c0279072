/**
 * A backend's body on its way to the client, held to timeouts.idle.
 *
 * A body that is handed on unchanged never enters JavaScript: its progress cannot be seen and nothing
 * ends it, not even an abort of its fetch (tests/engines/web/response_body_test.ts). So a short body of
 * known length is received first. That costs little, and if it breaks off, the client has seen none of
 * it and another backend may be asked. Any other body passes piece by piece, each read only once the
 * client has taken the one before.
 */
import { CLIENT_GONE, CLIENT_TAKES_NOTHING, STALLED } from "../shared/failures.ts";
import type { WebAttempt } from "./attempt.ts";
import { PieceReader } from "./piece_reader.ts";
import { freeBuffer } from "./spent_buffer.ts";

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** The longest body that is short. */
const SHORT_BYTES = 64 * 1024;

/** Ends a response whose body broke off. The log has the reason already: it is no internal error. */
export class BrokenBody extends Error {
  override name = "BrokenBody";
}

/** Whether the response has a body, and a short one. */
export function hasShortBody({ body, headers }: Response): boolean {
  if (body === null) return false;
  const length = headers.get("content-length");
  return length !== null && Number(length) <= SHORT_BYTES;
}

/** The same body, such that the attempt sees its progress and can break it off. */
export function watchBody(body: Body, attempt: WebAttempt): Body {
  const reader = new PieceReader(body, false);
  let clientLeft = false;
  /** The piece that was passed on last. */
  let last: Uint8Array<ArrayBuffer> | undefined;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      attempt.answer((failure) => controller.error(new BrokenBody(failure.detail)));
    },
    async pull(controller) {
      if (last !== undefined) { // this is called once it was taken
        attempt.sentBytes += last.length;
        freeBuffer(last);
        last = undefined;
      }
      attempt.expectMove(STALLED);
      try {
        const piece = await reader.read();
        if (clientLeft) return;
        if (piece === undefined) {
          attempt.end();
          attempt.onReceived?.();
          return controller.close();
        }
        attempt.expectMove(CLIENT_TAKES_NOTHING);
        last = piece;
        controller.enqueue(piece);
      } catch (error) {
        attempt.end();
        attempt.broken ??= attempt.explainBreak(error);
        controller.error(new BrokenBody(attempt.broken.detail));
      }
    },
    async cancel(reason) {
      clientLeft = true;
      attempt.end();
      attempt.broken ??= CLIENT_GONE;
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
