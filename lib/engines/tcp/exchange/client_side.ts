/**
 * The client's side of an exchange: it receives the request's body, and moves the client's connection from
 * phase to phase (../client/phases.ts).
 */
import type { ClientConnection } from "../client/connection.ts";
import type { TcpRequest } from "./request.ts";
import type { Source } from "./upload.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export abstract class ClientSide implements Source {
  readonly request: TcpRequest;
  protected isOver = false;
  readonly #client: ClientConnection;
  #responding = false;

  constructor(client: ClientConnection, request: TcpRequest) {
    this.#client = client;
    this.request = request;
  }

  /** Whether the response has begun: nothing else can be sent in its place. */
  get responding(): boolean {
    return this.#responding;
  }

  /** Begins to wait for a backend, or for more of its response. */
  awaitBackend(): void {
    const client = this.#client;
    const phase = this.#responding ? "responding" : "waiting";
    if (this.request.upload?.complete === false) client.enterUntimed(phase);
    else if (!client.halfClosed) client.enter(phase);
    else client.enter(this.#canAsk ? "half-closed" : "half-closed, not asked");
  }

  /** Whether the client can be asked if it is still there, by an interim response. */
  get #canAsk(): boolean {
    return !this.#responding && this.request.interim !== undefined;
  }

  /** Begins to respond. From now on only a body that is still arriving is waited for. */
  protected enterResponse(): void {
    const { phase } = this.#client;
    this.#responding = true;
    if (phase === "body" || phase === "expect") this.#client.enter("late body");
    else this.awaitBackend();
  }

  /** Receives a piece of the request's body. @returns how many bytes; 0 if no more arrive */
  async receiveBody(bytes: Bytes): Promise<number> {
    const client = this.#client;
    const { interim, expectsContinue } = this.request;
    if (this.#responding) client.enter("late body");
    else client.enter(expectsContinue && !interim?.continued ? "expect" : "body");
    const size = await client.inbox.readInto(bytes);
    if (client.gone || this.isOver) return 0;
    if (interim !== undefined) interim.continued = true; // or the client did not wait to be asked
    if (size === null) client.halfClosed = true;
    this.awaitBackend();
    return size ?? 0;
  }

  unread(bytes: Bytes): void {
    this.#client.inbox.unread(bytes);
  }

  /** Asks the client for its body, as the backend has not done so in time. */
  sendContinue(): void {
    this.request.interim?.sendContinue();
    this.#client.enter("body");
  }

  /** Asks the client, which has closed its side, whether it is still there. */
  askClient(): void {
    this.request.interim?.sendProcessing();
    this.#client.enter("asked");
  }
}
