/** Listens on a socket of our own. */
import type { SocketConnection, SocketListener } from "../sockets.ts";
import { busyError, closedError, EpollConnection, interruptedError } from "./connection.ts";
import type { EventLoop } from "./event_loop.ts";
import type { Libc } from "./libc.ts";
import { EDGE_TRIGGERED, HUNG_UP, READABLE, type Watched, WRITABLE } from "./poller.ts";
import { decodeAddress } from "./socket_address.ts";
import { EAGAIN } from "./system_error.ts";

/** What happens on a connection is told once each time, so that none of it needs another call. */
export const ALL_EVENTS = READABLE | WRITABLE | HUNG_UP | EDGE_TRIGGERED;

/** How many connections are accepted in one round of the loop; then those that are there have their turn. */
const ROUND_CONNECTIONS = 1_024;

const WILDCARDS = ["0.0.0.0", "::"];

export class EpollListener implements SocketListener, Watched {
  readonly addr: Deno.Addr;
  readonly #loop: EventLoop;
  readonly #descriptor: number;
  /** Whether it listens on all addresses: which one a client has chosen, only the connection knows. */
  readonly #isWildcard: boolean;
  #isClosed = false;
  /** Whether connections may wait. */
  #isReady = true;
  #round = 0;
  #accepted = 0;
  /** The accept that is under way. */
  #waiting: PromiseWithResolvers<SocketConnection> | undefined;

  /** @param descriptor of a socket that listens @throws an error of the system */
  constructor(loop: EventLoop, descriptor: number) {
    const { libc } = this.#loop = loop;
    this.#descriptor = descriptor;
    this.addr = localAddressOf(libc, descriptor);
    this.#isWildcard = "hostname" in this.addr && WILDCARDS.includes(this.addr.hostname);
    loop.watch(descriptor, READABLE | EDGE_TRIGGERED, this);
  }

  accept(): Promise<SocketConnection> {
    if (this.#isClosed) return Promise.reject(closedError());
    if (this.#waiting !== undefined) return Promise.reject(busyError("accept"));
    if (this.#isReady) {
      if (!this.#mayAccept) this.#loop.defer(() => this.#resume());
      else {
        const result = this.#accept();
        if (result instanceof Error) return Promise.reject(result);
        if (result !== undefined) return Promise.resolve(result);
      }
    }
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  close(): void {
    if (this.#isClosed) throw closedError();
    this.#isClosed = true;
    this.#loop.close(this.#descriptor);
    this.#waiting?.reject(interruptedError());
    this.#waiting = undefined;
  }

  onEvents(): void {
    this.#isReady = true;
    this.#resume();
  }

  #resume(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const result = this.#accept();
    if (result === undefined) return;
    this.#waiting = undefined;
    if (result instanceof Error) waiting.reject(result);
    else waiting.resolve(result);
  }

  get #mayAccept(): boolean {
    const { round } = this.#loop;
    if (this.#round !== round) {
      this.#round = round;
      this.#accepted = 0;
    }
    return this.#accepted < ROUND_CONNECTIONS;
  }

  /** @returns undefined if none waits */
  #accept(): SocketConnection | undefined | Error {
    const { libc } = this.#loop;
    const descriptor = libc.accept(this.#descriptor);
    if (descriptor < 0) {
      const { errno } = libc;
      if (errno !== EAGAIN) return libc.error(errno);
      this.#isReady = false;
      return undefined;
    }
    this.#accepted++;
    const peer = decodeAddress(libc.address, libc.addressLength);
    try {
      const local = this.#isWildcard ? localAddressOf(libc, descriptor) : this.addr;
      const connection = new EpollConnection(this.#loop, descriptor, peer, local);
      this.#loop.watch(descriptor, ALL_EVENTS, connection);
      return connection;
    } catch (error) {
      libc.close(descriptor);
      return error as Error;
    }
  }
}

function localAddressOf(libc: Libc, descriptor: number): Deno.Addr {
  if (libc.localAddress(descriptor) < 0) throw libc.error();
  return decodeAddress(libc.address, libc.addressLength);
}
