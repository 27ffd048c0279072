/**
 * One request and its response: from a complete head to the last byte sent. An exchange owns its request
 * and its upload, and moves the client's connection from phase to phase (../client/phases.ts).
 */
import {
  type ErrorPages,
  failureReply,
  internalErrorReply,
  lastRecipientReply,
  type LocalReply,
  tooLargeReply,
  withPage,
} from "../../../http/local_reply.ts";
import { withHsts } from "../../../http/hsts.ts";
import type { Failed } from "../../../outcome.ts";
import type { Result } from "../../../proxy.ts";
import {
  BODY_TOO_LARGE,
  CLIENT_GONE,
  EXPIRED,
  internalError,
  isDeparture,
} from "../../shared/failures.ts";
import { LOOP } from "../../shared/loops.ts";
import { OVERLOAD } from "../../shared/overload.ts";
import { type Expirable, startDeadline } from "../../shared/request_deadline.ts";
import { leaveRoute, type Way } from "../../shared/dispatch.ts";
import type { LoggedRefusal } from "../../shared/access_entry.ts";
import type { ClientConnection } from "../client/connection.ts";
import { ClientSide } from "./client_side.ts";
import type { Context } from "./context.ts";
import { lengthOf } from "../../../http/local_reply.ts";
import { localReplyBytes } from "../http1/local_reply_bytes.ts";
import { malformed } from "../http1/malformed.ts";
import type { RequestHead } from "../http1/request_head.ts";
import { editHead, type Persistence } from "../http1/response_framing.ts";
import { isPeerError } from "./peer_error.ts";
import { changeRequest, hstsFor, withAddedLines } from "./route_changes.ts";
import { AccessRecord } from "./record.ts";
import { TcpRequest } from "./request.ts";
import { relay } from "./relay.ts";
import type { TcpResponse } from "./response.ts";
import { blameFor } from "./response_blame.ts";
import { serveUpgraded } from "./upgraded.ts";
import { Upload } from "./upload.ts";

/** What a request gets whose body is too large before anything of it is sent. */
const TOO_LARGE = { status: 413, reason: BODY_TOO_LARGE.detail, reply: tooLargeReply() };

export class Exchange extends ClientSide implements Expirable {
  readonly #client: ClientConnection;
  readonly #context: Context;
  readonly #record: AccessRecord;

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
    super(client, request);
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
   * @throws {Malformed} if the request is not to be forwarded
   */
  async serve(): Promise<boolean> {
    const { request } = this;
    const { wheel, loops, overload, dispatch } = this.#context;
    let counted = false;
    try {
      if (request.isLastHop) return await this.#reply(lastRecipientReply());
      if (loops.finds(request.via)) return await this.#turnAway(LOOP, this.#pages);
      const dispatched = dispatch(request);
      const passage = dispatched instanceof Promise ? await dispatched : dispatched;
      if (passage.kind === "refuse") throw malformed(passage.refusal);
      if (passage.kind === "answer") return await this.#turnAway(passage);
      request.way = passage;
      counted = overload.acquire();
      if (!counted) return await this.#turnAway(OVERLOAD, this.#pages);
      if (!this.#begin(passage)) return await this.#turnAway(TOO_LARGE, this.#pages);
      this.awaitBackend();
      const result = await passage.proxy(request);
      const keeps = result.kind === "answered"
        ? await this.#forwardResponse(result)
        : await this.#replyFailure(result);
      this.#record.finish(request, result);
      return keeps;
    } finally {
      this.isOver = true;
      if (counted) overload.release();
      if (request.way !== undefined) leaveRoute(request.way, request.status);
      if (request.deadline !== undefined) wheel.remove(request.deadline);
      request.upload?.close();
    }
  }

  /** Begins to respond. */
  #respond(): void {
    this.#record.begin();
    this.enterResponse();
  }

  /** Takes the way that its route says. @returns false if the body is too large already */
  #begin(passage: Way): boolean {
    const { request } = this;
    const { wheel, isTrusted, phaseTimeoutsFor } = this.#context;
    const { destination, route } = passage;
    const { timeouts } = destination;
    request.deadline = startDeadline(this, wheel, timeouts.request);
    this.#client.useTimeouts(phaseTimeoutsFor(destination), timeouts.idle);
    if (route.request !== undefined) changeRequest(request, route, route.request, isTrusted);
    return request.upload?.limitTo(route.guards?.maxBodySize ?? Infinity) ?? true;
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

  /** timeouts.request: a response that has begun is cut off; otherwise the client gets a local reply. */
  cancel(): void {
    const { connection, ended } = this.request;
    if (this.responding) this.#client.abort(EXPIRED);
    else if (ended !== undefined) connection?.end(ended);
  }

  /** Answers without any backend. */
  async #turnAway(
    refusal: LoggedRefusal & { readonly reply: LocalReply },
    pages: ErrorPages = new Map(),
  ): Promise<boolean> {
    try {
      return await this.#reply(withPage(refusal.reply, pages));
    } finally {
      this.#record.refuse(this.request, refusal);
    }
  }

  /** Those of its route, if that is known. */
  get #pages(): ErrorPages {
    return this.request.way?.route.errorPages ?? this.#context.errorPages;
  }

  async #forwardResponse(
    { outcome, backend }: Result<TcpResponse> & { kind: "answered" },
  ): Promise<boolean> {
    const { loops } = this.#context;
    const { pool } = this.request.way!.destination;
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
      const { route, cookie: sideCookie } = request.way!;
      const persistence = this.#persistence(keeps);
      const drops = route.response?.drops;
      const hsts = hstsFor(this.#client, route);
      let start = editHead(buffer, head, framing, persistence, { cookie, now, drops, hsts });
      request.overheadBytes = response.overheadFrom(start);
      connection.clearDeadline();
      this.#respond();
      begun = true;
      if (route.response !== undefined || sideCookie !== undefined) {
        const lines = buffer.subarray(start, head.end - 2);
        const longer = withAddedLines(lines, request, this.#context.isTrusted);
        request.overheadBytes += longer.length - (head.end - start);
        await outbox.send(longer);
        start = head.end;
      }
      let isClean: boolean;
      if (response.whole) {
        const whole = buffer.subarray(start, response.ready);
        const begun = outbox.begin(whole);
        const rest = outbox.finish(whole, typeof begun === "number" ? begun : await begun);
        if (rest !== undefined) await rest;
        isClean = response.ready === connection.filled;
      } else {
        isClean = await relay(start, {
          response,
          sink: outbox,
          bodies: this.#context.bodies,
          idleTimeout: request.way!.destination.timeouts.idle,
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
      if (!begun) return await this.#reply(withPage(internalErrorReply(), this.#pages));
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
    const failure = isOurFault ? internalErrorReply() : failureReply(outcome, verdict);
    const reply = withPage(failure, this.#pages);
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
    const secured = withHsts(reply, this.#client.hsts);
    const bytes = localReplyBytes(secured, this.#persistence(keeps), headOnly);
    request.status = reply.status;
    this.#context.localReplies.count(reply.status);
    request.overheadBytes = bytes.length - (headOnly ? 0 : lengthOf(reply));
    this.#respond();
    await this.#client.outbox.send(bytes);
    return keeps;
  }

  get #keepsConnection(): boolean {
    const { head, upload } = this.request;
    return head.persistent && !this.#client.source.draining && !this.#client.retired &&
      !this.#client.sendsNoMore &&
      (upload?.complete ?? true);
  }

  /** The value of Connection in the response. */
  #persistence(keeps: boolean): Persistence {
    if (!keeps) return "close";
    return this.request.head.minor === 0 ? "keep-alive" : undefined;
  }
}
