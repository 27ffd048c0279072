/**
 * The clients of fetch for backends that are spoken to in the same way. Each has connections of its own, which
 * it keeps for a time of its own.
 */
import type { TlsOptions } from "../../net/tls/tls_options.ts";

/** How backends are spoken to. */
export interface ClientsWay {
  /** Undefined trusts what Deno trusts; what fetch cannot do is refused with the configuration. */
  readonly tls?: TlsOptions | undefined;
  /** The path of the unix socket that all requests go to; undefined for those to hosts. */
  readonly socket?: string | undefined;
}

export class Clients {
  readonly #way: ClientsWay;
  /** By how long their connections may be idle, in milliseconds. */
  readonly #clients = new Map<number, Deno.HttpClient>();

  constructor(way: ClientsWay) {
    this.#way = way;
  }

  /**
   * The client for connections that are used again if they were idle no longer than this.
   *
   * @param milliseconds 0 makes a new connection for each request
   */
  keeping(milliseconds: number): Deno.HttpClient {
    let client = this.#clients.get(milliseconds);
    if (client === undefined) {
      const keeping = milliseconds === 0
        ? { poolMaxIdlePerHost: 0 }
        : { poolIdleTimeout: milliseconds };
      client = Deno.createHttpClient({
        allowHost: true,
        http2: false,
        ...keeping,
        ...optionsFor(this.#way),
      });
      this.#clients.set(milliseconds, client);
    }
    return client;
  }

  /** Closes all connections. */
  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}

function optionsFor({ tls, socket }: ClientsWay) {
  return {
    ...(tls?.ca === undefined ? {} : { caCerts: [tls.ca] }),
    ...tls?.client,
    ...(socket === undefined ? {} : { proxy: { transport: "unix" as const, path: socket } }),
  };
}
