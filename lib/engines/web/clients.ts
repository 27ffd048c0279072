/** The clients of fetch. Each has connections of its own, which it keeps for a time of its own. */
export class Clients {
  /** By how long their connections may be idle, in milliseconds. */
  readonly #clients = new Map<number, Deno.HttpClient>();
  readonly #socket: string | undefined;

  /** @param socket the path of the unix socket that all requests go to; undefined for those to hosts */
  constructor(socket?: string) {
    this.#socket = socket;
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
      const socket = this.#socket === undefined
        ? {}
        : { proxy: { transport: "unix" as const, path: this.#socket } };
      client = Deno.createHttpClient({ allowHost: true, http2: false, ...keeping, ...socket });
      this.#clients.set(milliseconds, client);
    }
    return client;
  }

  /** Lets go of all connections; what is under way ends by itself. */
  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}
