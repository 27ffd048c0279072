/**
 * One request and its response: from a complete head to the last byte sent. An exchange owns its request
 * and its upload, and moves the client's connection from phase to phase (../client/phases.ts).
 */
import {
  failureReply,
  internalErrorReply,
  lastRecipientReply,
  type LocalReply,
} from "../../../http/local_reply.ts";
import type { Failed } from "../../../outcome.ts";
import type { Result } from "../../../proxy.ts";
import { refuseClimb } from "../../shared/admission.ts";
import { CLIENT_GONE, EXPIRED, internalError, isDeparture } from "../../shared/failures.ts";
import { LOOP } from "../../shared/loops.ts";
import { OVERLOAD } from "../../shared/overload.ts";
import { type Expirable, startDeadline } from "../../shared/request_deadline.ts";
import type { ClientConnection } from "../client/connection.ts";
import type { Context } from "./context.ts";
import { localReplyBytes } from "../http1/local_reply_bytes.ts";
import { throwIfRefused } from "../http1/malformed.ts";
import type { RequestHead } from "../http1/request_head.ts";
import { editHead, type Persistence } from "../http1/response_framing.ts";
import { isPeerError } from "./peer_error.ts";
import { AccessRecord } from "./record.ts";
import { TcpRequest } from "./request.ts";
import { relay } from "./relay.ts";
import type { TcpResponse } from "./response.ts";
import { blameFor } from "./response_blame.ts";
import { serveUpgraded } from "./upgraded.ts";
import { type Source, Upload } from "./upload.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export class Exchange implements Expirable, Source {
  readonly request: TcpRequest;
  readonly #client: ClientConnection;
  readonly #context: Context;
  readonly #record: AccessRecord;
  /** Whether the response has begun. */
  #responding = false;
  #over = false;

  /**
   * @param head of the request, complete in the client's inbox
   * @param arrivedAt when it began, by performance.now(), if there is an access log
   * @throws {Malformed} if the request is not to be forwarded
   */
  constructor(
    client: ClientConnection,
    context: Context,
    head: RequestHead,
    arrivedAt: number,
  ) {
    const { inbox } = client;
    const { bytes, filled } = inbox;
    const request = new TcpRequest(client, head);
    if (context.keepsPrefix) throwIfRefused(refuseClimb(request.path));
    this.request = request;
    this.#client = client;
    this.#context = context;
    this.#record = new AccessRecord(client, context, arrivedAt);
    inbox.start = request.hasMore ? filled : request.end;
    if (request.hasMore) {
      request.upload = new Upload(this, context.bodies, head, bytes.subarray(head.end, filled));
    }
  }

  /**
   * Serves the request.
   *
   * @returns whether the connection can take another one
   */
  async serve(): Promise<boolean> {
    const { request } = this;
    const { limits, wheel, loops, overload, proxy } = this.#context;
    request.deadline = startDeadline(this, wheel, limits.requestTimeout);
    let counted = false;
    try {
      if (request.isLastHop) return await this.#reply(lastRecipientReply());
      if (loops.finds(request.via)) return await this.#turnAway(LOOP);
      counted = overload.acquire();
      if (!counted) return await this.#turnAway(OVERLOAD);
      this.awaitBackend();
      const result = await proxy(request);
      const keeps = result.kind === "answered"
        ? await this.#forwardResponse(result)
        : await this.#replyFailure(result);
      this.#record.finish(request, result);
      return keeps;
    } finally {
      this.#over = true;
      if (counted) overload.release();
      if (request.deadline !== undefined) wheel.remove(request.deadline);
      request.upload?.close();
    }
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
  #respond(): void {
    const { phase } = this.#client;
    this.#responding = true;
    this.#record.begin();
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
    if (client.gone || this.#over) return 0;
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

  /** Ends the current attempt; no further one is made. */
  abort(reason: Failed): void {
    this.request.clientGone = true;
    this.request.broken ??= reason;
    this.request.connection?.end(reason);
  }

  get expired(): boolean {
    return this.request.expired;
  }

  set expired(expired: boolean) {
    this.request.expired = expired;
  }

  /** REQUEST_TIMEOUT: a response that has begun is cut off; otherwise the client gets a local reply. */
  cancel(): void {
    const { connection, ended } = this.request;
    if (this.#responding) this.#client.abort(EXPIRED);
    else if (ended !== undefined) connection?.end(ended);
  }

  async #turnAway(refusal: typeof LOOP | typeof OVERLOAD): Promise<boolean> {
    try {
      return await this.#reply(refusal.reply);
    } finally {
      this.#record.refuse(this.request, refusal);
    }
  }

  async #forwardResponse(
    { outcome, backend }: Result<TcpResponse> & { kind: "answered" },
  ): Promise<boolean> {
    const { pool, loops } = this.#context;
    const { connection } = outcome.response;
    loops.noteAnswer(backend.id, outcome.status);
    try {
      const cookie = pool.cookieFor(this.request, backend);
      return await this.#send(outcome.response, cookie);
    } finally {
      pool.end(backend, outcome, blameFor(this.request, connection));
    }
  }

  /** Sends a backend's response. @returns whether the client's connection can take another request */
  async #send(response: TcpResponse, cookie: string | undefined): Promise<boolean> {
    const { request } = this;
    const { outbox } = this.#client;
    const { connection, connections, framing } = response;
    const { head, buffer } = connection;
    request.status = head.status;
    let begun = false;
    try {
      if (head.status === 101) {
        this.#respond();
        begun = true;
        await serveUpgraded(this.#client, this.#context, { request, connection, cookie });
        connections.discard(connection);
        return false;
      }
      const keeps = framing !== "close" && this.#keepsConnection;
      const now = head.hasDate ? undefined : Date.now();
      const start = editHead(buffer, head, framing, this.#persistence(keeps), cookie, now);
      request.overheadBytes = response.overheadFrom(start);
      connection.clearDeadline();
      this.#respond();
      begun = true;
      let isClean: boolean;
      if (response.whole) {
        const whole = buffer.subarray(start, response.ready);
        const rest = outbox.finish(whole, await outbox.begin(whole));
        if (rest !== undefined) await rest;
        isClean = response.ready === connection.filled;
      } else {
        const { bodies, limits } = this.#context;
        isClean = await relay(start, {
          response,
          sink: outbox,
          bodies,
          limits,
          overhead: request,
        });
      }
      request.connection = undefined; // from now on it may carry another request
      const sent = request.upload?.wasSentOn(connection) ?? true;
      if (isClean && sent && head.persistent) connections.release(connection);
      else connections.discard(connection);
      return keeps;
    } catch (error) {
      request.broken ??= connection.closeReason ??
        (isPeerError(error) ? CLIENT_GONE : internalError(error));
      connections.discard(connection);
      if (!isPeerError(error)) this.#context.onError(error);
      if (!begun) return await this.#reply(internalErrorReply());
      this.#client.close();
      return false;
    }
  }

  async #replyFailure(
    { outcome, verdict }: Result<TcpResponse> & { kind: "failed" },
  ): Promise<boolean> {
    const { request } = this;
    const isOurFault = outcome.failure === "proxy_internal_error";
    if (isOurFault) this.#context.onError(new Error(outcome.detail));
    const reply = isOurFault ? internalErrorReply() : failureReply(outcome, verdict);
    if (this.#client.gone) return false;
    request.status = reply.status;
    try {
      return await this.#reply(reply);
    } catch (error) {
      if (!isPeerError(error)) throw error;
      request.broken ??= isDeparture(outcome) ? outcome : CLIENT_GONE;
      return false;
    }
  }

  /** Sends a local reply. @returns whether the client's connection can take another request */
  async #reply(reply: LocalReply): Promise<boolean> {
    const { request } = this;
    const keeps = this.#keepsConnection;
    const headOnly = request.method === "HEAD" || reply.status === 204;
    const bytes = localReplyBytes(reply, this.#persistence(keeps), headOnly);
    request.status = reply.status;
    request.overheadBytes = bytes.length - (headOnly ? 0 : reply.body.length);
    this.#respond();
    await this.#client.outbox.send(bytes);
    return keeps;
  }

  get #keepsConnection(): boolean {
    const { head, upload } = this.request;
    return head.persistent && !this.#context.draining && !this.#client.sendsNoMore &&
      (upload?.complete ?? true);
  }

  /** The value of Connection in the response. */
  #persistence(keeps: boolean): Persistence {
    if (!keeps) return "close";
    return this.request.head.minor === 0 ? "keep-alive" : undefined;
  }
}
