/** What all requests of the web engine to one backend share, found by the backend's uid. */
import type { Backend } from "../../backends/backend.ts";
import { ReuseLimit } from "../shared/reuse.ts";
import { TICK_MS, type Wheel } from "../../time/timer_wheel.ts";
import { SOCKET_URL, socketPathOf } from "../../net/unix_socket.ts";
import { Clients } from "./clients.ts";
import { ConnectCheck } from "./connect_check.ts";

export class Link {
  /** What requests are sent with, if the backend has a unix socket: to it alone. */
  readonly clients: Clients | undefined;
  /** What paths of requests are appended to. */
  readonly base: string;
  readonly connectCheck: ConnectCheck;
  readonly reuseLimit = new ReuseLimit();
  readonly #wheel: Wheel;
  /** When each client last got a connection back, by how long it keeps them, in milliseconds. */
  readonly #receivedAt = new Map<number, number>();

  /** @param url of the backend */
  constructor(url: string, wheel: Wheel) {
    const socket = socketPathOf(url);
    this.clients = socket === undefined ? undefined : new Clients(socket);
    this.base = socket === undefined ? url : SOCKET_URL;
    this.connectCheck = new ConnectCheck(url, wheel);
    this.#wheel = wheel;
  }

  /** Notes that a response was received to its end. @param keptMs how long its connection may be idle now */
  noteReceived(keptMs: number): void {
    this.#receivedAt.set(keptMs, this.#wheel.now);
  }

  /**
   * Whether a request may have been sent on a connection that was idle before: fetch does not say.
   *
   * @param keptMs how long its client keeps connections, 0 if it keeps none
   * @param sentAt on the wheel's clock
   */
  mayHaveReused(keptMs: number, sentAt: number): boolean {
    if (keptMs === 0) return false;
    const receivedAt = this.#receivedAt.get(keptMs) ?? -Infinity;
    return sentAt - receivedAt <= keptMs + TICK_MS; // on that clock a time may seem a tick longer
  }
}

/** The links to all backends: they outlive reloads, and a backend that returns gets a new one. */
export class Links {
  readonly #wheel: Wheel;
  readonly #links = new Map<number, Link>();

  constructor(wheel: Wheel) {
    this.#wheel = wheel;
  }

  to({ uid, url }: Backend): Link {
    let link = this.#links.get(uid);
    if (link === undefined) this.#links.set(uid, link = new Link(url, this.#wheel));
    return link;
  }

  /** Lets go of backends that are gone. @param uids of those that are still there */
  retain(uids: ReadonlySet<number>): void {
    for (const [uid, { clients }] of this.#links) {
      if (uids.has(uid)) continue;
      this.#links.delete(uid);
      clients?.close();
    }
  }

  /** Lets go of all backends. */
  close(): void {
    this.retain(new Set());
  }
}
