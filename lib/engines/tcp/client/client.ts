/**
 * One connection from a client: receives heads, one after the other, hands each to an exchange, and
 * knows by its phase what a passed deadline means.
 */
import { plainAddress } from "../../../http/client_address.ts";
import {
  CLIENT_GONE,
  CLIENT_STALLED,
  CLIENT_TAKES_NOTHING,
  EXPIRED,
} from "../../shared/failures.ts";
import type { Failed } from "../../../outcome.ts";
import type { Context } from "../context.ts";
import { isBreak, TUNNEL_IDLE } from "../failures.ts";
import { Inbox } from "./inbox.ts";
import { Interim } from "./interim.ts";
import { Malformed } from "../http1/malformed.ts";
import { Outbox, type Recipient } from "./outbox.ts";
import { ProxyLines } from "../http1/proxy_lines.ts";
import {
  ASK_AFTER_MS,
  ASK_AGAIN_AFTER_MS,
  CONTINUE_AFTER_MS,
  LINGER_MS,
  type Phase,
  WATCH_AFTER_MS,
} from "./phases.ts";
import type { TcpRequest } from "../request.ts";
import { RequestHead } from "../http1/request_head.ts";
import { Timed } from "../../../time/timer_wheel.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export class Client extends Timed implements Recipient {
  readonly address: string;
  readonly proxyLines: ProxyLines;
  readonly connection: Deno.Conn;
  readonly context: Context<Client>;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  /** The exchange under way. */
  request: TcpRequest | undefined;
  /** The head that is being read, or was read last; undefined between requests. */
  head: RequestHead | undefined;
  #phase: Phase = "idle";
  #idleSince = 0;
  #closed = false;
  /** Whether it has had a request. */
  #served = false;
  /** Whether the client has closed its side. */
  #halfClosed = false;
  /** Whether the response under way has begun. */
  #responding = false;
  /** Whether it was told that the connection ends, by an answer that no exchange gave. */
  #refused = false;
  #interim: Interim | undefined;

  constructor(connection: Deno.Conn, context: Context<Client>) {
    super();
    this.connection = connection;
    this.context = context;
    this.inbox = new Inbox(connection, context.smalls, context.heads);
    this.outbox = new Outbox(this, context.wheel, context.limits.idleTimeout);
    this.address = plainAddress((connection.remoteAddr as Deno.NetAddr).hostname);
    this.proxyLines = new ProxyLines(this.address, context.isTrusted(this.address));
  }

  /** Whether no answer can reach it any more. */
  get gone(): boolean {
    return this.#closed || this.#refused;
  }

  get refused(): boolean {
    return this.#refused;
  }

  /** Since when it is between requests, on the wheel's clock; undefined where it is not. */
  get idleSince(): number | undefined {
    return this.#phase === "idle" ? this.#idleSince : undefined;
  }

  /** Whether no further request can come. */
  get sendsNoMore(): boolean {
    return this.#halfClosed && this.inbox.isEmpty;
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
          if (size === null || this.#closed) break;
          inbox.filled = size;
        }
        const head = this.#beginHead();
        if (!head.scan(inbox.bytes, inbox.filled) && !await this.#receiveRest(head)) break;
        head.checkSize(this.context.limits.maxHeaderSize);
        if (!await this.context.serveRequest(this, head)) break;
      }
      await this.#linger();
    } catch (error) {
      if (error instanceof Malformed) await this.#refuse(error);
      else if (!isBreak(error)) this.context.onError(error);
    } finally {
      this.close();
      inbox.release();
    }
  }

  #beginHead(): RequestHead {
    const { context } = this;
    this.#phase = "head";
    context.wheel.clear(this);
    const head = this.head ??= context.requestHeads.pop() ?? new RequestHead();
    head.forwarding.trusted = this.proxyLines.trusted;
    head.reset(this.inbox.start);
    return head;
  }

  /** Receives a head whose beginning has come. @returns false where the client sends no more */
  async #receiveRest(head: RequestHead): Promise<boolean> {
    const { wheel, limits } = this.context;
    wheel.set(this, limits.headerTimeout);
    const whole = await this.inbox.readRest(head, limits.maxHeaderSize);
    wheel.clear(this);
    return whole && !this.gone;
  }

  /** Holds as little as possible until a request begins. @returns false where none is to begin */
  #becomeIdle(): boolean {
    const { wheel, limits, requestHeads } = this.context;
    if (this.head !== undefined) requestHeads.push(this.head);
    this.head = undefined;
    this.inbox.clear();
    if (this.context.closing || this.#halfClosed) return false;
    if (this.inbox.hasArrived) return true;
    this.#phase = "idle";
    this.#idleSince = wheel.now;
    wheel.set(this, limits.keepAliveTimeout);
    return true;
  }

  begin(request: TcpRequest): void {
    this.#served = true;
    this.request = request;
    this.#phase = "waiting";
    this.#responding = false;
    this.#interim = undefined;
  }

  awaitBackend(): void {
    if (this.#responding) return this.respond();
    this.#phase = this.#halfClosed ? "half-closed" : "waiting";
    if (this.request?.upload?.complete === false) return this.context.wheel.clear(this);
    this.context.wheel.set(this, this.#halfClosed ? ASK_AFTER_MS : WATCH_AFTER_MS);
  }

  /** Begins to answer: from now on the client is not waited for, but for a body that is under way. */
  respond(): void {
    this.#responding = true;
    if (this.#phase === "body" || this.#phase === "expect") return;
    this.#phase = "responding";
    this.context.wheel.clear(this);
  }

  /** Receives a piece of a request's body. @returns how many bytes; 0 where no more comes */
  async receiveBody(bytes: Bytes): Promise<number> {
    const { request, context } = this;
    const waits = request?.expectsContinue && !this.interim?.continued;
    this.#phase = waits ? "expect" : "body";
    context.wheel.set(this, waits ? CONTINUE_AFTER_MS : context.limits.idleTimeout);
    const size = await this.inbox.readInto(bytes);
    if (this.gone || this.request !== request) return 0; // it came after the exchange
    if (this.interim !== undefined) this.interim.continued = true; // or it goes on without being told
    if (size === null) this.#halfClosed = true;
    this.#phase = "waiting";
    this.awaitBackend();
    return size ?? 0;
  }

  unread(bytes: Bytes): void {
    this.inbox.unread(bytes);
  }

  /** Interim responses of the exchange under way; undefined for HTTP/1.0, which has none. */
  get interim(): Interim | undefined {
    if (this.request?.head.minor !== 1) return undefined;
    return this.#interim ??= new Interim(this.outbox);
  }

  /** Begins a tunnel, or goes on with it: it lasts until nothing has passed for its timeout. */
  keepTunnel(): void {
    this.#phase = "tunnel";
    this.context.wheel.set(this, this.context.limits.tunnelIdleTimeout);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.connection.close();
    this.inbox.close();
    this.context.wheel.remove(this);
    this.context.wheel.remove(this.outbox);
    this.context.onClosed(this);
  }

  /** Ends what idles between requests. @param timeout for a head that is under way, or has not begun on
   * a new connection, in milliseconds */
  drain(timeout: number): void {
    const isNew = this.#phase === "idle" && !this.#served;
    if (isNew || this.#phase === "head") this.context.wheel.set(this, timeout);
    else if (this.#phase === "idle") this.close();
  }

  override expire(): void {
    switch (this.#phase) {
      case "head":
        return this.#timeOut("the head did not arrive in time");
      case "body":
        if (this.#responding) return this.abort(CLIENT_STALLED);
        return this.#timeOut("the body stalled");
      case "expect":
        if (this.interim?.continued === false) this.interim.tellToContinue();
        this.#phase = "body";
        return this.context.wheel.set(this, this.context.limits.idleTimeout);
      case "waiting":
        return this.inbox.readAhead(() => this.#noticeEnd(), () => this.onGone());
      case "half-closed":
        this.interim?.ask();
        return this.context.wheel.set(this, ASK_AGAIN_AFTER_MS);
      case "tunnel":
        return this.abort(TUNNEL_IDLE);
      default:
        return this.abort(CLIENT_GONE);
    }
  }

  #timeOut(reason: string): void {
    const answer = this.context.refuse(this, new Malformed(reason, 408));
    this.#refused = true;
    this.#phase = "lingering";
    if (this.request !== undefined) this.request.clientGone = true;
    this.request?.connection?.end(CLIENT_STALLED);
    this.outbox.send(answer).then(() => this.close(), () => this.close());
  }

  /** Ends an exchange whose time is up: what is answered already is cut off, any other gets an answer. */
  cancel(request: TcpRequest): void {
    if (this.request !== request) return;
    if (this.#responding) this.abort(EXPIRED);
    else if (request.ended !== undefined) request.connection?.end(request.ended);
  }

  #noticeEnd(): void {
    this.#halfClosed = true;
    if (this.#phase === "waiting") this.awaitBackend();
  }

  /** Ends the connection, and the exchange on it. */
  abort(reason: Failed): void {
    if (this.request !== undefined) this.request.clientGone = true;
    this.request?.connection?.end(reason);
    this.close();
  }

  onWriteStalled(): void {
    this.abort(CLIENT_TAKES_NOTHING);
  }

  onGone(): void {
    this.abort(CLIENT_GONE);
  }

  /** Answers what cannot be forwarded, and ends the connection. */
  async #refuse(malformed: Malformed): Promise<void> {
    if (this.gone) return;
    try {
      await this.outbox.send(this.context.refuse(this, malformed));
      await this.#linger();
    } catch (error) {
      if (!isBreak(error)) this.context.onError(error);
    }
  }

  /**
   * Lets the last response arrive: closing with bytes unread resets the connection, and the reset may
   * overtake what was sent (RFC 9112, 9.6).
   */
  async #linger(): Promise<void> {
    if (this.gone || this.#halfClosed) return;
    this.#phase = "lingering";
    this.context.wheel.set(this, LINGER_MS);
    await this.connection.closeWrite();
    await this.inbox.discard();
  }
}
