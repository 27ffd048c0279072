/**
 * Interim responses to a client (RFC 9110, 15.2): those of backends, and two that this proxy sends.
 *
 * 100 (Continue) is left to the backend, and sent from here if the backend is silent: a backend that does
 * not know the expectation waits for a body that the client holds back.
 *
 * 102 (Processing) asks a client that has closed its sending side whether it is still there. It may be
 * waiting for its response, or have left, and TCP shows no difference until something is sent: a client
 * that has left resets the connection, and any other one must accept an interim response.
 */
import { bytesOf } from "../http1/bytes.ts";
import type { Outbox } from "./outbox.ts";
import type { ResponseHead } from "../http1/response_head.ts";
import { editHead } from "../http1/response_framing.ts";

const CONTINUE = bytesOf("HTTP/1.1 100 Continue\r\n\r\n");
const PROCESSING = bytesOf("HTTP/1.1 102 Processing\r\n\r\n");

export class Interim {
  /** Whether the client was asked to send its body, or does not wait to be asked. */
  continued = false;
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /**
   * Forwards an interim response of a backend.
   *
   * @param buffer where its head lies
   * @throws if the client is gone
   */
  async forward(head: ResponseHead, buffer: Uint8Array<ArrayBuffer>): Promise<void> {
    if (head.status === 100 && this.continued) return;
    if (head.status === 100) this.continued = true;
    const start = editHead(buffer, head, "none", undefined);
    await this.#outbox.send(buffer.subarray(start, head.end));
  }

  /** Sends 100 (Continue), unless that was done or is not needed any more. */
  sendContinue(): void {
    if (this.continued) return;
    this.continued = true;
    this.#outbox.interject(CONTINUE);
  }

  /** Sends 102 (Processing), to learn whether the client is still there. */
  sendProcessing(): void {
    this.#outbox.interject(PROCESSING);
  }
}
