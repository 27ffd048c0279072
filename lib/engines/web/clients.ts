/** The clients of fetch. Each has connections of its own, which it keeps for a time of its own. */
export class Clients {
  /** By how long their connections may be idle, in milliseconds. */
  readonly #clients = new Map<number, Deno.HttpClient>();

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
      client = Deno.createHttpClient({ allowHost: true, http2: false, ...keeping });
      this.#clients.set(milliseconds, client);
    }
    return client;
  }

  /** Closes all connections. */
  close(): void {
    for (const client of this.#clients.values()) client.close();
  }
}
