/** What all requests of the web engine to one backend share, found by the backend's uid. */
import type { Backend } from "../../backends/backend.ts";
import { ReuseLimit } from "../shared/reuse.ts";
import { TICK_MS, type Wheel } from "../../time/timer_wheel.ts";
import { SOCKET_URL, socketPathOf } from "../../net/unix_socket.ts";
import { textOfOptions } from "../../net/tls/tls_options.ts";
import { Clients } from "./clients.ts";
import { ConnectCheck } from "./connect_check.ts";

export class Link {
  /** What requests are sent with. */
  readonly clients: Clients;
  /** Whether the backend has a unix socket. */
  readonly isSocket: boolean;
  /** What paths of requests are appended to. */
  readonly base: string;
  readonly connectCheck: ConnectCheck;
  readonly reuseLimit = new ReuseLimit();
  readonly #wheel: Wheel;
  /** When each client last got a connection back, by how long it keeps them, in milliseconds. */
  readonly #receivedAt = new Map<number, number>();

  /** @param clients shared with other backends that are spoken to in the same way */
  constructor(backend: Pick<Backend, "url" | "tls">, clients: Clients, wheel: Wheel) {
    this.clients = clients;
    this.isSocket = socketPathOf(backend.url) !== undefined;
    this.base = this.isSocket ? SOCKET_URL : backend.url;
    this.connectCheck = new ConnectCheck(backend, wheel);
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

/** Stands for backends at hosts whose pool says nothing of TLS. */
const NO_OPTIONS = "";

/** The links to all backends: they outlive reloads, and a backend that returns gets a new one. */
export class Links {
  readonly #wheel: Wheel;
  readonly #links = new Map<number, Link>();
  /** By the unix socket or the TLS options that they are for. */
  readonly #clients = new Map<string, Clients>();

  constructor(wheel: Wheel) {
    this.#wheel = wheel;
  }

  to(backend: Pick<Backend, "uid" | "url" | "tls">): Link {
    let link = this.#links.get(backend.uid);
    if (link === undefined) {
      link = new Link(backend, this.#clientsFor(backend), this.#wheel);
      this.#links.set(backend.uid, link);
    }
    return link;
  }

  /** Lets go of backends that are gone. @param uids of those that are still there */
  retain(uids: ReadonlySet<number>): void {
    for (const uid of this.#links.keys()) if (!uids.has(uid)) this.#links.delete(uid);
    const used = new Set([...this.#links.values()].map(({ clients }) => clients));
    for (const [key, clients] of this.#clients) {
      if (key === NO_OPTIONS || used.has(clients)) continue;
      this.#clients.delete(key);
      clients.close(); // requests in flight end by themselves
    }
  }

  /** Closes all connections. */
  close(): void {
    for (const clients of this.#clients.values()) clients.close();
  }

  #clientsFor({ url, tls }: Pick<Backend, "url" | "tls">): Clients {
    const socket = socketPathOf(url);
    const key = socket !== undefined ? url : tls !== undefined ? textOfOptions(tls) : NO_OPTIONS;
    let clients = this.#clients.get(key);
    if (clients === undefined) this.#clients.set(key, clients = new Clients({ tls, socket }));
    return clients;
  }
}
