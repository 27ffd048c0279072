/** The connections to one backend. Of the idle ones, the one used last is taken first. */
import type { Failed } from "../../../outcome.ts";
import { BackendConnection } from "./connection.ts";
import type { Buffers } from "../../../net/buffers.ts";
import { type Address, dial } from "../../../net/dial.ts";
import type { Sockets } from "../../../net/sockets.ts";
import { Timed, type Wheel } from "../../../time/timer_wheel.ts";
import type { ProxyVersion } from "../../../net/proxy_header/write.ts";
import { BACKEND_REMOVED } from "../../shared/failures.ts";
import type { Keeper, ToldClient } from "../../shared/told_client.ts";

/** Whom the backend is told of, and how. */
export interface Introduction {
  readonly client: ToldClient;
  readonly version: ProxyVersion;
}

/** How connections are made, and receive. */
export interface Receiving {
  readonly wheel: Wheel;
  readonly sockets: Sockets;
  /** Buffers to receive in. */
  readonly buffers: Buffers;
  /** Field lines that the head of a response may have. */
  readonly maxHeaderLines: number;
}

/** The time that a backend announces is shortened by this, in milliseconds: its clock starts earlier. */
const ANNOUNCED_MARGIN_MS = 1_000;

/** The limit of an idle time that a backend announces, in milliseconds. */
const MAX_IDLE_MS = 60_000;

/** How often tunnels that are late are looked for, in milliseconds. */
const RECHECK_MS = 1_000;

export class ConnectionPool extends Timed implements Keeper {
  /** How long one may be idle if the backend announces no time, in milliseconds. */
  idleTimeout: number;
  readonly #address: Address;
  #receiving: Receiving;
  readonly #idle: BackendConnection[] = [];
  /** Idle ones that belong to a client each. */
  readonly #idleOf = new Map<ToldClient, BackendConnection>();
  readonly #all = new Set<BackendConnection>();
  #closed = false;
  /** Whether the backend was taken out: connections are closed once they are idle. */
  #draining = false;

  constructor(address: Address, idleTimeout: number, receiving: Receiving) {
    super();
    this.#address = address;
    this.idleTimeout = idleTimeout;
    this.#receiving = receiving;
  }

  /** From now on connections receive like this. Idle ones that do not are closed. */
  receiveAs(receiving: Receiving): void {
    this.#receiving = receiving;
    this.#dropIdle();
  }

  /**
   * An idle connection, to be begun or discarded.
   *
   * @param limit how long it may have been idle, in milliseconds
   * @param client whose it is to be; undefined for one that belongs to nobody
   * @returns undefined if there is none
   */
  take(limit: number, client?: ToldClient): BackendConnection | undefined {
    const connection = client === undefined ? this.#idle.at(-1) : this.#idleOf.get(client);
    if (connection === undefined) return undefined;
    if (limit < Infinity && performance.now() - connection.idleSince! > limit) return undefined;
    if (client === undefined) this.#idle.pop();
    else this.#idleOf.delete(client);
    return connection;
  }

  /**
   * Opens a new one.
   *
   * @param timeout in milliseconds
   * @param introduction undefined if the backend is told of nobody
   * @returns the failure if it could not be opened
   */
  async open(timeout: number, introduction?: Introduction): Promise<BackendConnection | Failed> {
    const { wheel, sockets, buffers, maxHeaderLines } = this.#receiving;
    const client = introduction?.client;
    const header = introduction && client!.header(introduction.version);
    const connected = await dial(this.#address, wheel, timeout, header, sockets);
    if ("kind" in connected) return connected;
    const connection = new BackendConnection(
      connected,
      buffers.borrow(),
      wheel,
      maxHeaderLines,
      this.#drop,
      client,
    );
    if (this.#closed) connection.close();
    this.#all.add(connection);
    connection.begin();
    return connection;
  }

  /** Takes back a connection whose response is complete, with nothing after it, and persistent. */
  release(connection: BackendConnection): void {
    const { idleSeconds } = connection.head;
    const announced = idleSeconds === -1
      ? this.idleTimeout
      : idleSeconds * 1_000 - ANNOUNCED_MARGIN_MS;
    if (announced <= 0 || this.#closed || this.#draining) return this.discard(connection);
    const { client } = connection;
    if (client === undefined) this.#idle.push(connection);
    else if (!this.#keepFor(client, connection)) return this.discard(connection);
    connection.markIdle(Math.min(announced, MAX_IDLE_MS));
  }

  /** @returns false if the client has left, or has an idle one already */
  #keepFor(client: ToldClient, connection: BackendConnection): boolean {
    if (client.hasLeft || this.#idleOf.has(client)) return false;
    this.#idleOf.set(client, connection);
    client.register(this);
    return true;
  }

  letGo(client: ToldClient): void {
    const connection = this.#idleOf.get(client);
    if (connection !== undefined) this.#drop(connection);
  }

  /** Closes a connection that is not used again. */
  discard(connection: BackendConnection): void {
    connection.close();
    if (!this.#all.delete(connection)) return;
    if (!connection.reading) this.#receiving.buffers.giveBack(connection.buffer);
  }

  /** Closes the one that has been idle longest. @returns whether there was one */
  dropOneIdle(): boolean {
    const connection = this.#idle[0] ?? this.#idleOf.values().next().value;
    if (connection !== undefined) this.#drop(connection);
    return connection !== undefined;
  }

  /** The backend was taken out: none is kept any longer. @param timeout for tunnels, in milliseconds */
  drain(timeout: number): void {
    this.#draining = true;
    this.#dropIdle();
    if (this.#all.size > 0) this.#receiving.wheel.set(this, timeout);
  }

  /** Time is up for tunnels: responses end by themselves, and may still become tunnels. */
  override expire(): void {
    for (const connection of this.#all) {
      if (connection.isTunnel) connection.end(BACKEND_REMOVED);
    }
    if (this.#all.size > 0) this.#receiving.wheel.set(this, RECHECK_MS);
  }

  /** Closes all of them. */
  close(): void {
    this.#closed = true;
    this.#receiving.wheel.remove(this);
    this.#idle.length = 0;
    this.#idleOf.clear();
    for (const connection of this.#all) this.discard(connection);
  }

  #dropIdle(): void {
    while (this.dropOneIdle());
  }

  readonly #drop = (connection: BackendConnection): void => {
    const { client } = connection;
    if (client === undefined) {
      const place = this.#idle.lastIndexOf(connection);
      if (place !== -1) this.#idle.splice(place, 1);
    } else if (this.#idleOf.get(client) === connection) {
      this.#idleOf.delete(client);
    }
    this.discard(connection);
  };
}
