/** What listens and connects: Deno's own sockets, or those of ./epoll/. */
import type { Connection } from "./connection.ts";

/** Where somebody listens: a path that begins with a zero byte is an abstract name (unix(7)). */
export type Place =
  | { readonly hostname: string; readonly port: number }
  | { readonly path: string };

export interface ListeningOptions {
  /** Whether others may listen on the same port. */
  readonly reusePort: boolean;
  /** How many connections may wait to be accepted; the system may allow fewer. */
  readonly backlog: number;
}

/** {@linkcode Deno.Conn} is one. */
export interface SocketConnection extends Connection {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  /** Has small writes leave at once; undefined if they do anyway. */
  setNoDelay?(noDelay: boolean): void;
}

/** {@linkcode Deno.Listener} is one. */
export interface SocketListener {
  readonly addr: Deno.Addr;
  /** Asks the system before it returns: if a connection waits, the promise is settled already. */
  accept(): Promise<SocketConnection>;
  /** What waits to be accepted is reset. An accept that is under way fails. */
  close(): void;
}

export interface Sockets {
  /** @throws an error of {@linkcode Deno.errors} if it cannot be listened on */
  listen(place: Place, options: ListeningOptions): SocketListener;
  /**
   * Connects. Small writes leave at once.
   *
   * @param signal gives it up
   * @throws an error that ./connect_error.ts knows
   */
  connect(place: Place, signal: AbortSignal): Promise<SocketConnection>;
  /** Closes all that is open, as this thread ends: only what is Deno's ends with a thread. */
  closeAll(): void;
}

/** The sockets of Deno. */
export const DENO_SOCKETS: Sockets = {
  listen(place, { reusePort, backlog }) {
    if ("path" in place) return Deno.listen({ transport: "unix", path: place.path });
    return Deno.listen({ ...place, reusePort, tcpBacklog: backlog });
  },
  async connect(place, signal) {
    if ("path" in place) return await Deno.connect({ transport: "unix", path: place.path });
    const connection = await Deno.connect({ ...place, signal });
    connection.setNoDelay(true);
    return connection;
  },
  closeAll() {},
};
