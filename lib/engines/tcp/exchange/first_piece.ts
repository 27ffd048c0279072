/**
 * Waits a moment for the first piece of a response's body.
 *
 * Until then nothing has been sent to the client: if the backend breaks off, or sends what is not valid,
 * another backend can be asked, or the client told. And head and body leave in one write.
 */
import type { Failed } from "../../../outcome.ts";
import { CLOSED_EARLY } from "../../shared/failures.ts";
import type { TcpResponse } from "./response.ts";

/**
 * How long the head waits for it, in milliseconds. Most backends send it at once; a stream of events that
 * has none yet is not to be held up.
 */
const WAIT_MS = 2;

/**
 * @param wait how long at most, in milliseconds
 * @returns why the response cannot be sent; undefined if it can be, as far as is known
 * @throws if the backend breaks the connection, or it is ended
 * @throws {Malformed} if what arrives is not valid
 */
export async function receiveFirstPiece(
  response: TcpResponse,
  wait = WAIT_MS,
): Promise<Failed | undefined> {
  const { connection } = response;
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  let timer = setTimeout(() => {
    // After a pause of this process, what has arrived meanwhile is read before anything counts as late.
    timer = setTimeout(() => resolve(undefined), 0);
  }, wait);
  try {
    while (!response.begun && connection.filled < connection.buffer.length) {
      const arriving = connection.receive();
      const size = await Promise.race([arriving, late]);
      if (size === undefined) {
        connection.putBack(arriving);
        return undefined;
      }
      // Without a length and without chunks, the end of the connection is the end of an empty body.
      if (size === null) return endsAtClose(response) ? undefined : CLOSED_EARLY;
      connection.filled += size;
      response.take();
    }
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function endsAtClose({ framing, chunked }: TcpResponse): boolean {
  return framing !== "length" && chunked === undefined;
}
