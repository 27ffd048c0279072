/** The connections to one backend: those that idle, last used first, and new ones. */
import type { Failed } from "../../../outcome.ts";
import { BackendConnection } from "./connection.ts";
import type { Buffers } from "../buffers.ts";
import { type Address, dial } from "../../../net/dial.ts";
import type { Wheel } from "../../../time/timer_wheel.ts";

export interface ConnectionPoolOptions {
  readonly wheel: Wheel;
  /** Buffers to receive in. */
  readonly buffers: Buffers;
  /** In milliseconds. */
  readonly connectTimeout: number;
  /** How long a connection may idle where the backend says nothing, in milliseconds. */
  readonly idleTimeout: number;
}

/**
 * What is not idempotent rides no connection that has idled for longer, in milliseconds: the backend
 * may be closing it at this moment, and then nobody could tell whether the request was carried out.
 */
const REUSE_NOT_IDEMPOTENT_MS = 1_000;

/** What a backend announces is shortened by this, in milliseconds: its clock starts before ours. */
const ANNOUNCED_MARGIN_MS = 1_000;

/** However long a backend would keep them, in milliseconds. */
const MAX_IDLE_MS = 60_000;

export class ConnectionPool {
  readonly #address: Address;
  readonly #options: ConnectionPoolOptions;
  readonly #idle: BackendConnection[] = [];
  readonly #all = new Set<BackendConnection>();
  #closed = false;

  constructor(address: Address, options: ConnectionPoolOptions) {
    this.#address = address;
    this.#options = options;
  }

  /** One that idles, if there is one that this request may ride; it is to be begun, or discarded. */
  take(idempotent: boolean): BackendConnection | undefined {
    const connection = this.#idle.at(-1);
    if (connection === undefined) return undefined;
    if (!idempotent && this.#options.wheel.now - connection.idleSince! > REUSE_NOT_IDEMPOTENT_MS) {
      return undefined;
    }
    this.#idle.pop();
    return connection;
  }

  /**
   * A new one, or why there is none.
   *
   * @param timeLeft to the request that it is for, in milliseconds
   */
  async open(timeLeft: number): Promise<BackendConnection | Failed> {
    const { wheel, buffers, connectTimeout } = this.#options;
    const connected = await dial(this.#address, wheel, Math.min(connectTimeout, timeLeft));
    if ("kind" in connected) return connected;
    const buffer = buffers.borrow();
    const connection = new BackendConnection(connected, buffer, wheel, this.#drop);
    if (this.#closed) connection.close();
    this.#all.add(connection);
    connection.begin();
    return connection;
  }

  /** Takes one back whose response is complete, nothing behind it, and which the backend keeps. */
  release(connection: BackendConnection): void {
    const { idleSeconds } = connection.head;
    const announced = idleSeconds === -1
      ? this.#options.idleTimeout
      : idleSeconds * 1_000 - ANNOUNCED_MARGIN_MS;
    if (announced <= 0 || this.#closed) return this.discard(connection);
    this.#idle.push(connection);
    connection.markIdle(Math.min(announced, MAX_IDLE_MS));
  }

  /** Closes one that is not used again. */
  discard(connection: BackendConnection): void {
    connection.close();
    if (!this.#all.delete(connection)) return;
    if (!connection.reading) this.#options.buffers.giveBack(connection.buffer);
  }

  /** Closes the one that has idled longest. @returns whether there was one */
  dropOneIdle(): boolean {
    const connection = this.#idle.shift();
    if (connection !== undefined) this.discard(connection);
    return connection !== undefined;
  }

  /** Closes all of them. */
  close(): void {
    this.#closed = true;
    this.#idle.length = 0;
    for (const connection of this.#all) this.discard(connection);
  }

  readonly #drop = (connection: BackendConnection): void => {
    const place = this.#idle.lastIndexOf(connection);
    if (place !== -1) this.#idle.splice(place, 1);
    this.discard(connection);
  };
}
