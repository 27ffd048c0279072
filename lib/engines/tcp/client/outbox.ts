/**
 * What is sent to a client. Whatever is sent must be taken within IDLE_TIMEOUT, piece by piece: a client
 * that reads nothing must not hold a backend.
 */
import { Timed, type Wheel } from "../../../time/timer_wheel.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Whom it is for. */
export interface Recipient {
  readonly connection: Deno.Conn;
  /** Called where the client takes nothing for IDLE_TIMEOUT. */
  onWriteStalled(): void;
  /** Called where the client turns out to be gone. */
  onGone(): void;
}

export class Outbox extends Timed {
  readonly #recipient: Recipient;
  readonly #wheel: Wheel;
  readonly #timeout: number;
  #sending = false;
  /** What we say of our own accord, until it is out: nothing may come between its bytes. */
  #telling: Promise<void> | undefined;

  /** @param timeout in milliseconds */
  constructor(recipient: Recipient, wheel: Wheel, timeout: number) {
    super();
    this.#recipient = recipient;
    this.#wheel = wheel;
    this.#timeout = timeout;
  }

  /**
   * Begins to send.
   *
   * @returns how many bytes went: for {@linkcode finish}
   * @throws where the client is gone
   */
  begin(bytes: Bytes): Promise<number> {
    const { connection } = this.#recipient;
    this.#sending = true;
    this.#wheel.set(this, this.#timeout);
    if (this.#telling === undefined) return connection.write(bytes);
    return this.#telling.then(() => connection.write(bytes));
  }

  /** Sends what is left. @returns undefined where that is nothing, the common case */
  finish(bytes: Bytes, sent: number): Promise<void> | undefined {
    if (sent < bytes.length) return this.#sendRest(bytes, sent);
    this.#sending = false;
    this.#wheel.clear(this);
    return undefined;
  }

  /** Sends all of it. */
  async send(bytes: Bytes): Promise<void> {
    await this.finish(bytes, await this.begin(bytes));
  }

  /** Sends something of our own accord, unless something else is being sent. */
  tell(bytes: Bytes): void {
    if (this.#sending || this.#telling !== undefined) return;
    this.#telling = this.send(bytes).then(() => {
      this.#telling = undefined;
    }, () => this.#recipient.onGone());
  }

  override expire(): void {
    this.#recipient.onWriteStalled();
  }

  async #sendRest(bytes: Bytes, sent: number): Promise<void> {
    while (sent < bytes.length) {
      this.#wheel.set(this, this.#timeout);
      sent += await this.#recipient.connection.write(bytes.subarray(sent));
    }
    this.finish(bytes, sent);
  }
}
