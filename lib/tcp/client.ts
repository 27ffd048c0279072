/**
 * One connection from a client: receives heads, one after the other, hands each to an exchange, and
 * knows by its phase what a passed deadline means.
 */
import { plainAddress } from "../client_address.ts";
import type { Context } from "./context.ts";
import { refuse, serveRequest } from "./exchange.ts";
import { CLIENT_GONE, CLIENT_STALLED, isBreak } from "./failures.ts";
import { OwnLines } from "./forwarded_head.ts";
import { Inbox } from "./inbox.ts";
import { Interim } from "./interim.ts";
import { Malformed } from "./malformed.ts";
import type { TcpRequest } from "./request.ts";
import { RequestHead } from "./request_head.ts";
import { Timed } from "./wheel.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What the connection is about, and so what it means when its deadline passes. */
type Phase =
  /** Between requests. */
  | "idle"
  /** A head has begun. */
  | "head"
  /** A body is under way. */
  | "body"
  /** The client may be waiting for 100 (Continue). */
  | "expect"
  /** A backend has the request. */
  | "waiting"
  /** The client has closed its side, and may have left. */
  | "half-closed"
  | "responding"
  | "tunnel"
  /** The last response is out; what still comes is thrown away. */
  | "lingering";

/** After so long a wait for the backend it is watched whether the client leaves, in milliseconds. */
const WATCH_AFTER = 50;

/** How long the backend may answer for `Expect: 100-continue` before we do, in milliseconds. */
const CONTINUE_AFTER = 1_000;

/** When a client that closed its side is asked whether it is still there, and again, in milliseconds. */
const ASK_AFTER = 300, ASK_AGAIN_AFTER = 2_000;

/** How long what still comes is thrown away after the last response, in milliseconds. */
const LINGER = 2_000;

export class Client extends Timed {
  readonly address: string;
  readonly ownLines: OwnLines;
  readonly context: Context;
  readonly inbox: Inbox;
  /** The exchange under way. */
  request: TcpRequest | undefined;
  readonly #connection: Deno.Conn;
  #head: RequestHead | undefined;
  #phase: Phase = "idle";
  #idleSince = 0;
  #closed = false;
  /** Whether the client has closed its side. */
  #halfClosed = false;
  #interim: Interim | undefined;

  constructor(connection: Deno.Conn, context: Context) {
    super();
    this.#connection = connection;
    this.context = context;
    this.inbox = new Inbox(connection, context.smalls, context.heads);
    this.address = plainAddress((connection.remoteAddr as Deno.NetAddr).hostname);
    this.ownLines = new OwnLines(this.address, context.isTrusted(this.address));
  }

  get closed(): boolean {
    return this.#closed;
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
    try {
      while (await this.#receiveHead()) {
        if (!await serveRequest(this, this.#head!)) break;
      }
      await this.#linger();
    } catch (error) {
      if (this.#closed) return;
      if (error instanceof Malformed) await this.#refuse(error);
      else if (!isBreak(error)) this.context.onError(error);
    } finally {
      this.close();
    }
  }

  /** @returns false where no further request comes */
  async #receiveHead(): Promise<boolean> {
    const { inbox, context } = this;
    const { wheel, limits } = context;
    inbox.restore();
    if (inbox.isEmpty) {
      if (!this.#becomeIdle()) return false;
      const size = await inbox.read();
      wheel.clear(this);
      if (size === null) return false;
      inbox.filled = size;
    }
    this.#phase = "head";
    const head = this.#head ??= context.requestHeads.pop() ?? new RequestHead();
    head.reset(inbox.start);
    if (!head.scan(inbox.bytes, inbox.filled)) {
      wheel.set(this, limits.headerTimeout);
      if (!await inbox.readRest(head, limits.maxHeaderSize)) return false;
      wheel.clear(this);
    }
    head.checkSize(limits.maxHeaderSize);
    return true;
  }

  /** Holds as little as possible until a request begins. @returns false where none is to begin */
  #becomeIdle(): boolean {
    const { wheel, limits, draining, requestHeads, onIdle } = this.context;
    if (this.#head !== undefined) requestHeads.push(this.#head);
    this.#head = undefined;
    this.inbox.clear();
    if (draining || this.#halfClosed) return false;
    this.#phase = "idle";
    this.#idleSince = wheel.now;
    wheel.set(this, limits.keepAliveTimeout);
    onIdle();
    return true;
  }

  /** Begins an exchange. */
  begin(request: TcpRequest): void {
    this.request = request;
    this.#phase = "waiting";
    this.#interim = undefined;
  }

  /** Begins to wait for a backend. */
  await(): void {
    if (this.#phase === "responding") return; // the answer came before the end of the body
    this.#phase = this.#halfClosed ? "half-closed" : "waiting";
    if (this.request?.upload?.complete === false) return this.context.wheel.clear(this);
    this.context.wheel.set(this, this.#halfClosed ? ASK_AFTER : WATCH_AFTER);
  }

  /** Receives a piece of a request's body. @returns how many bytes; 0 where no more comes */
  async receiveBody(bytes: Bytes): Promise<number> {
    if (this.#phase !== "responding") {
      const { wheel, limits } = this.context;
      const waits = this.request?.expectsContinue && !this.interim?.continued;
      this.#phase = waits ? "expect" : "body";
      wheel.set(this, waits ? CONTINUE_AFTER : limits.idleTimeout);
    }
    const size = await this.inbox.readInto(bytes);
    if (this.interim !== undefined) this.interim.continued = true; // or it goes on without being told
    if (size === null) this.#halfClosed = true;
    this.await();
    return size ?? 0;
  }

  /** Takes back bytes that belong to the next request. */
  unread(bytes: Bytes): void {
    this.inbox.unread(bytes);
  }

  /**
   * Begins to send a part of the response.
   *
   * @returns how many bytes went; the rest is for {@linkcode sendRest}
   * @throws where the client is gone, or takes nothing for IDLE_TIMEOUT
   */
  send(bytes: Bytes): Promise<number> {
    this.#phase = "responding";
    this.context.wheel.set(this, this.context.limits.idleTimeout);
    return this.#connection.write(bytes);
  }

  /** Sends what is left. @param sent bytes that went already */
  async sendRest(bytes: Bytes, sent: number): Promise<void> {
    while (sent < bytes.length) sent += await this.send(bytes.subarray(sent));
  }

  /** Interim responses of the exchange under way; undefined for HTTP/1.0, which has none. */
  get interim(): Interim | undefined {
    if (this.request?.head.minor !== 1) return undefined;
    return this.#interim ??= new Interim((bytes) => this.write(bytes), () => this.#leave());
  }

  /** Begins a tunnel, or goes on with it: it lasts until nothing has passed for its timeout. */
  keepTunnel(): void {
    this.#phase = "tunnel";
    this.context.wheel.set(this, this.context.limits.tunnelIdleTimeout);
  }

  /** Sends all of it, whatever the phase. */
  async write(bytes: Bytes): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  receiveInto(bytes: Bytes): Promise<number | null> {
    return this.inbox.readInto(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
    this.inbox.close();
    this.context.wheel.remove(this);
    this.context.onClosed(this);
  }

  /** Ends what idles, and shortens the wait for a head that has begun. @param timeout in milliseconds */
  drain(timeout: number): void {
    if (this.#phase === "idle") this.close();
    else if (this.#phase === "head") this.context.wheel.set(this, timeout);
  }

  override expire(): void {
    switch (this.#phase) {
      case "head":
        return this.#timeOut("the head did not arrive in time");
      case "body":
        this.request?.connection?.end(CLIENT_STALLED);
        return this.#timeOut("the body stalled");
      case "expect":
        this.interim?.tellToContinue();
        this.#phase = "body";
        return this.context.wheel.set(this, this.context.limits.idleTimeout);
      case "waiting":
        return this.inbox.readAhead(() => this.#noticeEnd(), () => this.#leave());
      case "half-closed":
        return this.#askWhetherThere();
      default:
        return this.close();
    }
  }

  #timeOut(reason: string): void {
    this.#phase = "lingering";
    const answer = refuse(this, new Malformed(reason, 408));
    this.#connection.write(answer).then(() => this.close(), () => this.close());
  }

  #noticeEnd(): void {
    this.#halfClosed = true;
    if (this.#phase === "waiting") this.await();
  }

  #askWhetherThere(): void {
    this.interim?.ask();
    this.context.wheel.set(this, ASK_AGAIN_AFTER);
  }

  #leave(): void {
    if (this.#closed) return;
    if (this.request !== undefined) this.request.clientGone = true;
    this.request?.connection?.end(CLIENT_GONE);
    this.close();
  }

  /** Answers what cannot be forwarded, and ends the connection. */
  async #refuse(malformed: Malformed): Promise<void> {
    try {
      await this.write(refuse(this, malformed));
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
    if (this.#closed || this.#halfClosed) return;
    this.#phase = "lingering";
    this.context.wheel.set(this, LINGER);
    await this.#connection.closeWrite();
    await this.inbox.discard();
  }
}
