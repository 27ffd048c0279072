/** What the access log says of one exchange: it measures, and writes the entry at the end. */
import type { Result } from "../../../proxy.ts";
import { finishedEntry, type LoggedRefusal, refusedEntry } from "../../shared/access_entry.ts";
import type { ClientConnection } from "../client/connection.ts";
import type { Context } from "./context.ts";
import type { TcpRequest } from "./request.ts";

export class AccessRecord {
  readonly #client: ClientConnection;
  readonly #context: Context;
  readonly #arrivedAt: number;
  /** What the connection had sent when the response began; undefined if it has not. */
  #sentBefore: number | undefined;

  /** @param arrivedAt when the request began, by performance.now(), if there is an access log */
  constructor(client: ClientConnection, context: Context, arrivedAt: number) {
    this.#client = client;
    this.#context = context;
    this.#arrivedAt = arrivedAt;
  }

  /** Notes that the response begins: interim ones that were sent before are no part of it. */
  begin(): void {
    this.#sentBefore = this.#client.outbox.sentBytes;
  }

  /** The request is over. */
  finish(request: TcpRequest, result: Result<unknown>): void {
    const { onRequest, describe } = this.#context;
    if (onRequest === undefined || this.#client.refused) return; // a refusal has been logged
    const { status, broken } = request;
    const { bytes, milliseconds } = this.#measure(request);
    const ending = { status, broken, bytes, milliseconds };
    onRequest(finishedEntry(describe(request), result, ending, Date.now()));
  }

  /** It was answered without being forwarded. */
  refuse(request: TcpRequest, refusal: LoggedRefusal): void {
    const { onRequest, describe } = this.#context;
    if (onRequest === undefined) return;
    const measured = this.#measure(request);
    onRequest(refusedEntry(describe(request), refusal, measured, Date.now()));
  }

  /** Bytes of the body sent so far, and the time since the request arrived. */
  #measure({ overheadBytes }: TcpRequest): { bytes: number; milliseconds: number } {
    const { sentBytes } = this.#client.outbox;
    const bytes = Math.max(0, sentBytes - (this.#sentBefore ?? sentBytes) - overheadBytes);
    return { bytes, milliseconds: performance.now() - this.#arrivedAt };
  }
}
