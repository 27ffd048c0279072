/**
 * What is sent to a client. The client must accept each piece within a timeout: one that reads
 * nothing must not occupy a backend.
 */
import type { Awaitable, Bytes, Connection } from "../../../net/connection.ts";
import { Timed, type Wheel } from "../../../time/timer_wheel.ts";

/** The connection that it sends on. */
export interface Recipient {
  readonly socket: Connection;
  /** Called if the client accepts nothing for that long. */
  onWriteStalled(): void;
  /** Called if the client turns out to be gone. */
  onGone(): void;
}

export class Outbox extends Timed {
  /** Bytes that the connection has accepted so far. */
  sentBytes = 0;
  /** For the client to accept a piece, in milliseconds. */
  timeout: number;
  readonly #recipient: Recipient;
  readonly #wheel: Wheel;
  #sending = false;
  #lastBegun = -Infinity;
  /** An interim response of this proxy that is being sent: nothing may be written between its bytes. */
  #interjecting: Promise<void> | undefined;

  /** @param timeout in milliseconds */
  constructor(recipient: Recipient, wheel: Wheel, timeout: number) {
    super();
    this.#recipient = recipient;
    this.#wheel = wheel;
    this.timeout = timeout;
  }

  /** How long nothing has been sent, in milliseconds. */
  get quietFor(): number {
    return this.#sending ? 0 : this.#wheel.now - this.#lastBegun;
  }

  /**
   * Begins to send.
   *
   * @returns how many bytes were sent, for {@linkcode finish}
   * @throws if the client is gone
   */
  begin(bytes: Bytes): Awaitable<number> {
    const { socket } = this.#recipient;
    this.#sending = true;
    this.#lastBegun = this.#wheel.now;
    this.#wheel.set(this, this.timeout);
    if (this.#interjecting === undefined) return socket.write(bytes);
    return this.#interjecting.then(() => socket.write(bytes));
  }

  /** Sends the rest. @returns undefined if there is none, which is the common case */
  finish(bytes: Bytes, sent: number): Promise<void> | undefined {
    this.sentBytes += sent;
    if (sent < bytes.length) return this.#sendRest(bytes, sent);
    this.#end();
    return undefined;
  }

  /** Sends all of it. @returns undefined if that is done */
  send(bytes: Bytes): Promise<void> | undefined {
    const begun = this.begin(bytes);
    return typeof begun === "number" ? this.finish(bytes, begun) : this.#finishLater(bytes, begun);
  }

  /** Sends an interim response of this proxy, unless something else is being sent. */
  interject(bytes: Bytes): void {
    if (this.#sending || this.#interjecting !== undefined) return;
    this.#interjecting = Promise.resolve(this.send(bytes)).then(() => {
      this.#interjecting = undefined;
    }, () => this.#recipient.onGone());
  }

  override expire(): void {
    this.#recipient.onWriteStalled();
  }

  async #finishLater(bytes: Bytes, begun: Promise<number>): Promise<void> {
    await this.finish(bytes, await begun);
  }

  async #sendRest(bytes: Bytes, sent: number): Promise<void> {
    while (sent < bytes.length) {
      this.#wheel.set(this, this.timeout);
      const size = await this.#recipient.socket.write(bytes.subarray(sent));
      this.sentBytes += size;
      sent += size;
    }
    this.#end();
  }

  #end(): void {
    this.#sending = false;
    this.#wheel.clear(this);
  }
}
