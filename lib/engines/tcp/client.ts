/**
 * One client: receives the heads of its requests, one after the other, and serves each in an exchange,
 * until the connection ends. If a deadline passes, the table of phases says what happens.
 */
import type { Failed } from "../../outcome.ts";
import { internalErrorReply, lengthOf, refusalReply, withPage } from "../../http/local_reply.ts";
import { withHsts } from "../../http/hsts.ts";
import { type LoggedFacts, refusedEntry } from "../shared/access_entry.ts";
import { CLIENT_STALLED } from "../shared/failures.ts";
import { type Arrival, ClientConnection, type Source } from "./client/connection.ts";
import { PHASES } from "./client/phases.ts";
import type { Watcher } from "./client/read_ahead.ts";
import type { Context } from "./exchange/context.ts";
import { Exchange } from "./exchange/exchange.ts";
import { isPeerError } from "./exchange/peer_error.ts";
import { localReplyBytes } from "./http1/local_reply_bytes.ts";
import { Malformed } from "./http1/malformed.ts";
import { readRequestLine } from "./http1/request_host.ts";
import { RequestHead } from "./http1/request_head.ts";

/** What a client is served with: a reload puts another context in its place. */
export interface Serving {
  readonly context: Context;
}

export class Client extends ClientConnection {
  readonly #serving: Serving;
  /** What its current request began with. */
  #context: Context;
  readonly #onClosed: (client: Client) => void;
  readonly #watcher: Watcher = {
    onEnd: () => this.#onHalfClosed(),
    onBreak: () => this.onGone(),
  };
  #head: RequestHead | undefined;
  /** The current exchange. */
  #exchange: Exchange | undefined;
  #served = false;
  /** When the current request began, by performance.now(), if there is an access log. */
  #arrivedAt = 0;
  #idleSince = 0;

  /** @param onClosed called once, when the connection is closed */
  constructor(
    arrival: Arrival,
    source: Source,
    serving: Serving,
    onClosed: (client: Client) => void,
  ) {
    super(arrival, source, serving.context);
    this.#serving = serving;
    this.#context = serving.context;
    this.#onClosed = onClosed;
  }

  /** When it became idle, on the wheel's clock; undefined if it is not idle. */
  get idleSince(): number | undefined {
    return this.phase === "idle" ? this.#idleSince : undefined;
  }

  /** Serves requests until the connection ends. */
  async serve(): Promise<void> {
    const { inbox } = this;
    try {
      while (true) {
        inbox.restore();
        if (inbox.isEmpty) {
          if (!this.#becomeIdle()) break;
          const size = await inbox.read();
          if (size === null || this.closed) break;
          inbox.filled = size;
        }
        const head = this.#beginHead();
        if (!head.scan(inbox.bytes, inbox.filled) && !await this.#receiveRest(head)) break;
        head.checkSize(this.#context.limits.maxHeaderSize);
        this.#exchange = new Exchange(this, this.#context, head, this.#arrivedAt);
        this.#served = true;
        const keeps = await this.#exchange.serve();
        this.#exchange = undefined;
        if (!keeps || this.retired) break;
      }
      await this.linger();
    } catch (error) {
      if (error instanceof Malformed) await this.#refuse(error);
      else if (!isPeerError(error)) await this.#admitFault(error);
    } finally {
      this.#exchange = undefined;
      this.close();
      inbox.release();
    }
  }

  /** Gives back what only requests need. @returns false if no further request is served */
  #becomeIdle(): boolean {
    const { wheel, requestHeads } = this.#context;
    if (this.#head !== undefined) requestHeads.push(this.#head);
    this.#head = undefined;
    this.inbox.clear();
    if (this.source.closing && this.#served || this.retired || this.sendsNoMore) return false;
    if (this.inbox.hasArrived) return true;
    this.#idleSince = wheel.now;
    this.enter("idle");
    return true;
  }

  #beginHead(): RequestHead {
    this.enterUntimed("head"); // most heads arrive at once
    if (this.#context !== this.#serving.context) this.#takeNewest();
    const { onRequest, requestHeads, limits } = this.#context;
    if (onRequest !== undefined) this.#arrivedAt = performance.now();
    const head = this.#head ??= requestHeads.pop() ?? new RequestHead(limits.maxHeaderLines);
    head.forwarding.trusted = this.proxyLines.trusted;
    head.reset(this.inbox.start);
    return head;
  }

  /** The configuration has changed: its next request is served with the newest one. */
  #takeNewest(): void {
    this.#context = this.#serving.context;
    this.#head = undefined; // it may have room for fewer lines
    this.adopt(this.#context);
  }

  /** Receives the rest of a head. @returns false if the client sends no more */
  async #receiveRest(head: RequestHead): Promise<boolean> {
    this.enter("head");
    const whole = await this.inbox.readRest(head, this.#context.limits.maxHeaderSize);
    this.enterUntimed("head");
    return whole && !this.gone;
  }

  override expire(): void {
    const { expiry } = PHASES[this.phase];
    switch (expiry.kind) {
      case "abort":
        return this.abort(expiry.reason);
      case "time out": {
        const reply = this.#refusal(new Malformed(expiry.reason, 408));
        this.#exchange?.abort(CLIENT_STALLED);
        return this.refuse(reply);
      }
      case "watch":
        return this.inbox.watch(this.#watcher);
      case "continue":
        return this.#exchange?.sendContinue();
      case "ask":
        return this.#exchange?.askClient();
      case "give up": {
        const { quietFor } = this.outbox;
        const patience = this.#context.phaseTimeouts[this.phase]; // the same for all routes
        if (quietFor >= patience) return this.onGone();
        return this.#context.wheel.set(this, patience - quietFor);
      }
    }
  }

  override abort(reason: Failed): void {
    this.#exchange?.abort(reason);
    this.close();
  }

  override close(): void {
    if (this.closed) return;
    super.close();
    this.#onClosed(this);
  }

  /**
   * Closes the connection if it is idle. A new one may still send its first request.
   *
   * @param timeout for a head that is being received, or the first one on a new connection, in milliseconds
   */
  drain(timeout: number): void {
    const isNew = this.phase === "idle" && !this.#served;
    if (isNew || this.phase === "head") this.#context.wheel.set(this, timeout);
    else if (this.phase === "idle") this.close();
  }

  /** What it has proved does not count any more: it is closed, after its current request if it has one. */
  retire(): void {
    this.retired = true;
    if (this.phase === "idle") this.close();
  }

  #onHalfClosed(): void {
    this.halfClosed = true;
    if (this.phase === "waiting" || this.phase === "responding") this.#exchange?.awaitBackend();
  }

  /** Answers a request that cannot be forwarded, and ends the connection. */
  async #refuse(malformed: Malformed): Promise<void> {
    if (!this.gone) await this.#sendLast(this.#refusal(malformed));
  }

  async #sendLast(reply: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.outbox.send(reply);
      await this.linger();
    } catch (error) {
      if (!isPeerError(error)) this.#context.onError(error);
    }
  }

  /** Reports a fault of this program, and answers 500 if nothing has been answered yet. */
  async #admitFault(error: unknown): Promise<void> {
    this.#context.onError(error);
    if (this.gone || this.#exchange === undefined || this.#exchange.responding) return;
    await this.#sendLast(
      localReplyBytes(
        withHsts(withPage(internalErrorReply(), this.#context.errorPages), this.hsts),
        "close",
        false,
      ),
    );
  }

  /** The reply to a request that is not forwarded, and its line in the access log. */
  #refusal(malformed: Malformed): Uint8Array<ArrayBuffer> {
    const { onRequest, describe, errorPages, localReplies } = this.#context;
    const reply = withPage(refusalReply(malformed), errorPages);
    localReplies.count(reply.status);
    if (onRequest !== undefined) {
      const request = describe(this.#exchange?.request ?? this.#refusedFacts());
      const milliseconds = performance.now() - this.#arrivedAt;
      const measured = { bytes: lengthOf(reply), milliseconds };
      onRequest(refusedEntry(request, malformed, measured, Date.now()));
    }
    return localReplyBytes(withHsts(reply, this.hsts), "close", false);
  }

  /** What is known of a request of which there is no exchange. */
  #refusedFacts(): LoggedFacts {
    const { bytes, filled } = this.inbox;
    const head = this.#head;
    const header = (name: string) => head?.fieldsStart ? head.readField(bytes, name) : undefined;
    return {
      clientAddress: this.address,
      ...readRequestLine(bytes, filled, head),
      requestId: header("x-request-id"),
      host: header("host"),
      listener: this.listener,
      header,
    };
  }
}
