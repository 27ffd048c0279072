/**
 * Whether a backend accepts connections, found out by making one.
 *
 * fetch has no connect timeout and does not say what it is waiting for. So a separate connection shows
 * whether the host is there: if a first byte is late, and before a request that cannot be taken back.
 */
import { type Address, addressOf, dial } from "../../net/dial.ts";
import type { Failed } from "../../outcome.ts";
import type { Wheel } from "../../time/timer_wheel.ts";

/** How long a backend counts as reachable after a sign of life, in milliseconds. */
const FRESH_MS = 1_000;

export class ConnectCheck {
  readonly #address: Address;
  readonly #wheel: Wheel;
  #connectedAt = -Infinity;
  #answeredAt = -Infinity;
  /** Checks under way, by their timeouts. */
  readonly #running = new Map<number, Promise<Failed | undefined>>();

  constructor(backend: Parameters<typeof addressOf>[0], wheel: Wheel) {
    this.#address = addressOf(backend);
    this.#wheel = wheel;
  }

  /** Whether it answered a request just now. */
  get isAnswering(): boolean {
    return this.#wheel.now - this.#answeredAt <= FRESH_MS;
  }

  /** Notes that it answered a request. */
  noteAnswer(): void {
    this.#answeredAt = this.#wheel.now;
  }

  /**
   * Makes a connection; calls at the same time with the same timeout share one.
   *
   * @param timeout in milliseconds
   * @returns why no connection could be made; undefined if one could, or if that says nothing
   */
  run(timeout: number): Promise<Failed | undefined> {
    if (this.#wheel.now - this.#connectedAt <= FRESH_MS) return Promise.resolve(undefined);
    let running = this.#running.get(timeout);
    if (running === undefined) {
      running = this.#connect(timeout).finally(() => this.#running.delete(timeout));
      this.#running.set(timeout, running);
    }
    return running;
  }

  async #connect(timeout: number): Promise<Failed | undefined> {
    const startedAt = this.#wheel.now;
    const connected = await dial(this.#address, this.#wheel, timeout);
    if ("kind" in connected) {
      const { failure } = connected;
      if (failure === "connection_limit_reached") return undefined;
      // A backend that answers meanwhile is only too busy to accept another connection.
      if (failure === "connection_timeout" && this.#answeredAt > startedAt) return undefined;
      return connected;
    }
    connected.close();
    this.#connectedAt = this.#wheel.now;
    return undefined;
  }
}
