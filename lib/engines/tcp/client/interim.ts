/**
 * Interim responses to a client (RFC 9110, 15.2): those of backends, passed on, and two of our own.
 *
 * 100 (Continue) is left to the backend, and sent by us where it does not answer in time: a backend that
 * does not know the expectation waits for a body that the client holds back.
 *
 * 102 (Processing) asks a client that has closed its side whether it is still there. It may be waiting
 * for its answer, or have left, and TCP tells no difference until something is sent to it: one that has
 * left resets the connection, any other must be able to take an interim response.
 */
import type { BackendConnection } from "../backend/connection.ts";
import { bytesOf } from "../http1/bytes.ts";
import type { Outbox } from "./outbox.ts";
import { editHead } from "../http1/response_framing.ts";

const CONTINUE = bytesOf("HTTP/1.1 100 Continue\r\n\r\n");
const PROCESSING = bytesOf("HTTP/1.1 102 Processing\r\n\r\n");

export class Interim {
  /** Whether the client was told to send the body it announced, or does so anyway. */
  continued = false;
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Passes on what a backend said. @throws where the client is gone */
  async pass({ head, buffer }: BackendConnection): Promise<void> {
    if (head.status === 100 && this.continued) return; // told already
    if (head.status === 100) this.continued = true;
    const start = editHead(buffer, head, "none", undefined);
    await this.#outbox.send(buffer.subarray(start, head.end));
  }

  /** Tells the client to send its body. */
  tellToContinue(): void {
    this.continued = true;
    this.#outbox.tell(CONTINUE);
  }

  /** Asks whether the client is still there. */
  ask(): void {
    this.#outbox.tell(PROCESSING);
  }
}
