/**
 * Speaks TLS for clients that do not: what is tested over plain connections can be tested over TLS, byte for
 * byte (tests/bench/contract_over_tls.ts).
 */
import { connectSecurely } from "./certificates.ts";
import { writeAll } from "./scripted_backend.ts";

export class TlsRelay implements AsyncDisposable {
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #target: number;
  readonly #open = new Set<Deno.Conn>();
  readonly #relaying = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  #isClosed = false;

  /** @param target the port that is spoken to over TLS @param port to listen on, by default any free one */
  constructor(target: number, port = 0) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.port = this.#listener.addr.port;
    this.#target = target;
    this.#accepting = this.#accept();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close();
    await this.#accepting;
    for (const connection of this.#open) close(connection);
    await Promise.all(this.#relaying);
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) {
        client.setNoDelay(true);
        const relaying: Promise<void> = this.#relay(client)
          .finally(() => this.#relaying.delete(relaying));
        this.#relaying.add(relaying);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #relay(client: Deno.TcpConn): Promise<void> {
    this.#open.add(client);
    try {
      const secure = await connectSecurely(this.#target);
      this.#open.add(secure);
      await Promise.all([pass(client, secure), pass(secure, client)]);
      this.#open.delete(secure);
      close(secure);
    } catch {
      // The balancer refuses the connection: the client sees it closed.
    }
    this.#open.delete(client);
    close(client);
  }
}

/** Passes bytes, and their end; if one side breaks, both are closed. */
async function pass(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    for (let size; (size = await from.read(buffer)) !== null;) {
      await writeAll(to, buffer.subarray(0, size));
    }
    await to.closeWrite();
  } catch {
    close(from);
    close(to);
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
