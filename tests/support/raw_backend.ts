/** A backend that handles each connection as a test wants, byte by byte. */
import { latin1 } from "./strict_parser.ts";
import { writeAll } from "./scripted_backend.ts";

/** One connection from the balancer. */
export class BackendSide {
  /** All that has arrived, as text. */
  received = "";
  /** Its number, from 1. */
  readonly number: number;
  readonly #connection: Deno.TcpConn;
  readonly #buffer = new Uint8Array(64 * 1024);

  constructor(connection: Deno.TcpConn, number: number) {
    this.#connection = connection;
    this.number = number;
    connection.setNoDelay(true);
  }

  /** Resolves with everything received once the text has arrived; rejects if it does not arrive. */
  async until(text: string): Promise<string> {
    while (!this.received.includes(text)) {
      if (!await this.read()) throw new Error(`${text} is not in: ${this.received}`);
    }
    return this.received;
  }

  /** Reads more. @returns false at the end */
  async read(): Promise<boolean> {
    const bytes = await this.readBytes();
    if (bytes === null) return false;
    this.received += latin1(bytes);
    return true;
  }

  /** Reads more, and keeps none of it. @returns what came, valid until the next read; null at the end */
  async readBytes(): Promise<Uint8Array | null> {
    const size = await this.#connection.read(this.#buffer);
    return size === null ? null : this.#buffer.subarray(0, size);
  }

  async send(text: string | Uint8Array): Promise<void> {
    const bytes = typeof text === "string"
      ? Uint8Array.from(text, (character) => character.charCodeAt(0))
      : text;
    await writeAll(this.#connection, bytes);
  }

  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  close(): void {
    this.#connection.close();
  }
}

export class RawBackend implements AsyncDisposable {
  readonly url: string;
  connections = 0;
  /** What went wrong in a handler, other than that the balancer closed the connection. */
  readonly errors: unknown[] = [];
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #serving: Promise<void>[] = [];
  readonly #accepting: Promise<void>;

  /** @param handle what to do with a connection; it is closed when that is done */
  constructor(handle: (side: BackendSide) => Promise<void>) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.url = `http://127.0.0.1:${this.#listener.addr.port}`;
    this.#accepting = this.#accept(handle);
  }

  get openConnections(): number {
    return this.#open.size;
  }

  /** Resolves once it is done with all connections so far. */
  async settled(): Promise<void> {
    while (this.#serving.length > 0) await Promise.all(this.#serving.splice(0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) connection[Symbol.dispose]();
    await this.#accepting;
    await this.settled();
  }

  async #accept(handle: (side: BackendSide) => Promise<void>): Promise<void> {
    for await (const connection of this.#listener) {
      this.connections++;
      this.#open.add(connection);
      this.#serving.push(this.#serve(connection, handle));
    }
  }

  async #serve(connection: Deno.TcpConn, handle: (side: BackendSide) => Promise<void>) {
    try {
      await handle(new BackendSide(connection, this.connections));
    } catch (error) {
      if (
        !(error instanceof Deno.errors.BadResource) &&
        !(error instanceof Deno.errors.Interrupted) &&
        !(error instanceof Deno.errors.ConnectionReset) &&
        !(error instanceof Deno.errors.BrokenPipe)
      ) this.errors.push(error);
    } finally {
      this.#open.delete(connection);
      connection[Symbol.dispose]();
    }
  }
}
