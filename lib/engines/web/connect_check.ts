/**
 * Whether a backend takes connections, asked by making one.
 *
 * fetch has no timeout for connects and does not tell what it waits for. So where a first byte is late,
 * and before a request is sent that could not be taken back, a connection of our own shows whether the
 * host is there at all.
 */
import { dial, parseAddress } from "../../net/dial.ts";
import type { Failed } from "../../outcome.ts";
import type { Wheel } from "../../time/timer_wheel.ts";

/** How long a backend counts as there after it was last seen, in milliseconds. */
const SEEN_MS = 1_000;

export class ConnectCheck {
  readonly #address: ReturnType<typeof parseAddress>;
  readonly #wheel: Wheel;
  #connectedAt = -Infinity;
  #answeredAt = -Infinity;
  /** Questions under way, by their timeouts. */
  readonly #asking = new Map<number, Promise<Failed | undefined>>();

  /** @param url of the backend */
  constructor(url: string, wheel: Wheel) {
    this.#address = { ...parseAddress(url), secure: false };
    this.#wheel = wheel;
  }

  /** Whether it has answered just now. */
  get isAnswering(): boolean {
    return this.#wheel.now - this.#answeredAt <= SEEN_MS;
  }

  /** Notes that it answers. */
  answers(): void {
    this.#answeredAt = this.#wheel.now;
  }

  /**
   * Makes a connection, one for all who ask meanwhile and would wait as long.
   *
   * @param timeout in milliseconds
   * @returns why there was none; undefined where it is there, or nothing can be told
   */
  run(timeout: number): Promise<Failed | undefined> {
    if (this.#wheel.now - this.#connectedAt <= SEEN_MS) return Promise.resolve(undefined);
    let asking = this.#asking.get(timeout);
    if (asking === undefined) {
      asking = this.#connect(timeout).finally(() => this.#asking.delete(timeout));
      this.#asking.set(timeout, asking);
    }
    return asking;
  }

  async #connect(timeout: number): Promise<Failed | undefined> {
    const askedAt = this.#wheel.now;
    const connected = await dial(this.#address, this.#wheel, timeout);
    if ("kind" in connected) {
      const { failure } = connected;
      if (failure === "connection_limit_reached") return undefined;
      // It has too much to do to take another connection, and it does it.
      if (failure === "connection_timeout" && this.#answeredAt > askedAt) return undefined;
      return connected;
    }
    connected.close();
    this.#connectedAt = this.#wheel.now;
    return undefined;
  }
}
