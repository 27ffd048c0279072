/** A port that leads to another one, byte by byte. */
export function forwardTo(port: number): AsyncDisposable & { readonly port: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  const passing: Promise<unknown>[] = [];

  async function pass(client: Deno.TcpConn): Promise<void> {
    open.add(client);
    const server = await Deno.connect({ hostname: "127.0.0.1", port });
    open.add(server);
    await Promise.allSettled([
      client.readable.pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
  }

  async function accept(): Promise<void> {
    for await (const client of listener) passing.push(pass(client).catch(() => {}));
  }

  const accepting = accept();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) {
        try {
          connection.close();
        } catch (error) {
          if (!(error instanceof Deno.errors.BadResource)) throw error; // its pipe has closed it
        }
      }
      await accepting;
      await Promise.allSettled(passing);
    },
  };
}
