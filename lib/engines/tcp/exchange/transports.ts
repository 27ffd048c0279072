/**
 * The connections to all backends, found by the backend's uid: they outlive reloads, and a backend that was
 * taken out and returns gets new ones.
 */
import type { Backend } from "../../../backends/backend.ts";
import { Buffers } from "../../../net/buffers.ts";
import { addressOf } from "../../../net/dial.ts";
import type { Sockets } from "../../../net/sockets.ts";
import { SOCKET_URL } from "../../../net/unix_socket.ts";
import type { Wheel } from "../../../time/timer_wheel.ts";
import type { Limits } from "../../engine.ts";
import { ReuseLimit } from "../../shared/reuse.ts";
import { HEADROOM_BYTES } from "../backend/connection.ts";
import { ConnectionPool, type Receiving } from "../backend/connection_pool.ts";
import { bytesOf } from "../http1/bytes.ts";

/** What all requests to one backend share. */
export interface Transport {
  readonly connections: ConnectionPool;
  readonly reuseLimit: ReuseLimit;
  /** The path of its URL. */
  readonly prefix: Uint8Array<ArrayBuffer>;
  /** Host and port of its URL. */
  readonly authority: string;
}

/** The smallest buffer that a response is received in. */
const SMALLEST_BYTES = 16 * 1024;

/** Unused buffers that are kept. */
const KEPT_BUFFERS = 256;

type ResponseLimits = Pick<Limits, "maxHeaderSize" | "maxHeaderLines">;

export class Transports {
  readonly #wheel: Wheel;
  readonly #sockets: Sockets;
  readonly #transports = new Map<number, Transport>();
  #limits: ResponseLimits;
  #receiving: Receiving;

  /** @param sockets what backends are connected with */
  constructor(wheel: Wheel, sockets: Sockets, limits: ResponseLimits) {
    this.#wheel = wheel;
    this.#sockets = sockets;
    this.#limits = limits;
    this.#receiving = this.#receivingUnder(limits);
  }

  /** The limits have changed: idle connections whose buffers are of another size are closed. */
  limitTo(limits: ResponseLimits): void {
    const { maxHeaderSize, maxHeaderLines } = this.#limits;
    if (maxHeaderSize === limits.maxHeaderSize && maxHeaderLines === limits.maxHeaderLines) return;
    this.#limits = limits;
    this.#receiving = this.#receivingUnder(limits);
    for (const { connections } of this.#transports.values()) {
      connections.receiveAs(this.#receiving);
    }
  }

  /** @param idleTimeout how long connections may be idle if the backend announces no time, in milliseconds */
  to(backend: Backend, idleTimeout: number): Transport {
    const transport = this.#transports.get(backend.uid);
    if (transport === undefined) return this.#add(backend, idleTimeout);
    transport.connections.idleTimeout = idleTimeout;
    return transport;
  }

  /**
   * Lets go of backends that are gone: their idle connections are closed, those in use when they are idle,
   * and those that have become tunnels after a time.
   *
   * @param uids of those that are still there
   * @param timeout in milliseconds
   */
  retain(uids: ReadonlySet<number>, timeout: number): void {
    for (const [uid, { connections }] of this.#transports) {
      if (uids.has(uid)) continue;
      this.#transports.delete(uid);
      connections.drain(timeout);
    }
  }

  /** Closes an idle connection to any backend. @returns whether there was one */
  dropOneIdle(): boolean {
    return [...this.#transports.values()].some(({ connections }) => connections.dropOneIdle());
  }

  /** Closes all connections. */
  close(): void {
    for (const { connections } of this.#transports.values()) connections.close();
  }

  #add(backend: Backend, idleTimeout: number): Transport {
    const address = addressOf(backend);
    const { host, pathname } = new URL(address.socket === undefined ? backend.url : SOCKET_URL);
    const transport = {
      connections: new ConnectionPool(address, idleTimeout, this.#receiving),
      reuseLimit: new ReuseLimit(),
      prefix: bytesOf(pathname === "/" ? "" : pathname),
      authority: host,
    };
    this.#transports.set(backend.uid, transport);
    return transport;
  }

  #receivingUnder({ maxHeaderSize, maxHeaderLines }: ResponseLimits): Receiving {
    const bytes = HEADROOM_BYTES + Math.max(SMALLEST_BYTES, maxHeaderSize);
    return {
      wheel: this.#wheel,
      sockets: this.#sockets,
      buffers: new Buffers(bytes, KEPT_BUFFERS),
      maxHeaderLines,
    };
  }
}
