/** A backend on a raw TCP socket that records every byte and behaves as badly as a test wants. */
import { concat, type ParsedRequest, parseRequest } from "./strict_parser.ts";

/** What it does with a connection once a request is complete, or with the connection itself. */
export type Behaviour =
  /** Sends these bytes, and keeps the connection. */
  | { readonly reply: string | Uint8Array<ArrayBuffer> }
  /** Sends these bytes, and closes. */
  | { readonly replyAndClose: string | Uint8Array<ArrayBuffer> }
  /** Closes once this many bytes of a request have arrived. */
  | { readonly closeAfter: number }
  /** Closes the connection once a request is complete. */
  | "close"
  /** Reads and never answers. */
  | "stall"
  /** Answers 200 with its own name. */
  | "serve";

const encoder = new TextEncoder();

export class ScriptedBackend implements AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** What it does; may be changed at any time. A function decides for each request. */
  behaviour: Behaviour | ((request: ParsedRequest) => Behaviour);
  /** Complete requests, in the order of arrival. */
  readonly requests: ParsedRequest[] = [];
  /** What arrived that is no unambiguous request: must stay empty. */
  readonly ambiguous: unknown[] = [];
  connections = 0;
  bytesReceived = 0;
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #watchers = new Set<() => void>();
  readonly #accepting: Promise<void>;

  constructor(name: string, behaviour: ScriptedBackend["behaviour"] = "serve", port = 0) {
    this.name = name;
    this.behaviour = behaviour;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get openConnections(): number {
    return this.#open.size;
  }

  /** Resolves once the condition holds; looks again whenever something happens here. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!condition()) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
  }

  /** Refuses from now on and breaks what is open, as a killed process does. */
  kill(): void {
    this.#listener.close();
    for (const connection of this.#open) connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.kill();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // killed before
    }
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    const serving: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      this.connections++;
      this.#open.add(connection);
      serving.push(this.#serve(connection));
    }
    await Promise.all(serving);
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    let received = new Uint8Array();
    try {
      while (true) {
        const size = await connection.read(buffer);
        if (size === null) return;
        this.bytesReceived += size;
        received = concat([received, buffer.subarray(0, size)]);
        this.#tell();
        if (this.#closesEarly(received.length)) return;
        let parsed = parseRequest(received);
        while (parsed !== undefined) {
          received = received.slice(parsed.consumed);
          this.requests.push(parsed.request);
          if (!await this.#answer(connection, parsed.request)) return;
          this.#tell();
          parsed = parseRequest(received);
        }
      }
    } catch (error) {
      if (!isGone(error)) this.ambiguous.push(error);
    } finally {
      this.#open.delete(connection);
      closeIfOpen(connection);
      this.#tell();
    }
  }

  #closesEarly(received: number): boolean {
    const { behaviour } = this;
    return typeof behaviour === "object" && "closeAfter" in behaviour &&
      received >= behaviour.closeAfter;
  }

  /** @returns whether the connection goes on */
  async #answer(connection: Deno.TcpConn, request: ParsedRequest): Promise<boolean> {
    const { behaviour } = this;
    const now = typeof behaviour === "function" ? behaviour(request) : behaviour;
    if (now === "stall") return true;
    if (now === "close") return false;
    if (now === "serve") {
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${this.name.length}\r\n\r\n`;
      await writeAll(
        connection,
        encoder.encode(head + (request.method === "HEAD" ? "" : this.name)),
      );
      return true;
    }
    if ("closeAfter" in now) return false;
    const bytes = "reply" in now ? now.reply : now.replyAndClose;
    await writeAll(connection, typeof bytes === "string" ? encoder.encode(bytes) : bytes);
    return "reply" in now;
  }

  #tell(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

/** A connection may have been closed by {@linkcode ScriptedBackend.kill} before. */
function closeIfOpen(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Writes all of it. */
export async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** The peer went away, or we did: no fault of what was sent. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted;
}
