/**
 * What is sent to a client. Whatever is sent must be taken within IDLE_TIMEOUT, piece by piece: a client
 * that reads nothing must not hold a backend.
 */
import { Timed, type Wheel } from "./wheel.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface OutboxOptions {
  readonly connection: Deno.Conn;
  readonly wheel: Wheel;
  /** In milliseconds. */
  readonly timeout: number;
  /** Called where the client takes nothing for that long. */
  readonly onStalled: () => void;
  /** Called where the client turns out to be gone. */
  readonly onBreak: () => void;
}

export class Outbox extends Timed {
  readonly #options: OutboxOptions;
  #sending = false;
  /** What we say of our own accord, until it is out: nothing may come between its bytes. */
  #telling: Promise<void> | undefined;

  constructor(options: OutboxOptions) {
    super();
    this.#options = options;
  }

  /**
   * Begins to send.
   *
   * @returns how many bytes went: for {@linkcode finish}
   * @throws where the client is gone
   */
  begin(bytes: Bytes): Promise<number> {
    const { connection, wheel, timeout } = this.#options;
    this.#sending = true;
    wheel.set(this, timeout);
    if (this.#telling === undefined) return connection.write(bytes);
    return this.#telling.then(() => connection.write(bytes));
  }

  /** Sends what is left. @returns undefined where that is nothing, the common case */
  finish(bytes: Bytes, sent: number): Promise<void> | undefined {
    if (sent < bytes.length) return this.#sendRest(bytes, sent);
    this.#sending = false;
    this.#options.wheel.clear(this);
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
    }, this.#options.onBreak);
  }

  override expire(): void {
    this.#options.onStalled();
  }

  async #sendRest(bytes: Bytes, sent: number): Promise<void> {
    const { connection, wheel, timeout } = this.#options;
    while (sent < bytes.length) {
      wheel.set(this, timeout);
      sent += await connection.write(bytes.subarray(sent));
    }
    this.finish(bytes, sent);
  }
}
