/** A port whose SYNs are not answered: that of a listener that does not accept and whose queue is full. */

/** How long a connection to it is tried until the queue counts as full, in milliseconds. */
const PATIENCE = 300;

export class DeafPort implements Disposable {
  readonly url: string;
  readonly #listener: Deno.TcpListener;
  readonly #queued: Deno.TcpConn[];

  private constructor(listener: Deno.TcpListener, queued: Deno.TcpConn[]) {
    this.url = `http://127.0.0.1:${listener.addr.port}`;
    this.#listener = listener;
    this.#queued = queued;
  }

  static async open(): Promise<DeafPort> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
    const { port } = listener.addr;
    const connect = () =>
      Deno.connect({ hostname: "127.0.0.1", port, signal: AbortSignal.timeout(PATIENCE) })
        .catch(() => undefined);
    const connections = await Promise.all(Array.from({ length: 8 }, connect));
    return new DeafPort(listener, connections.filter((connection) => connection !== undefined));
  }

  [Symbol.dispose](): void {
    for (const connection of this.#queued) connection.close();
    this.#listener.close();
  }
}
