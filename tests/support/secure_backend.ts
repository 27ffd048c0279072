/** A backend over TLS that records what it was asked for, and by whom. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Issued } from "../../lib/tls/issue.ts";

/** What one request came with. */
export interface SecureRequest {
  readonly method: string;
  readonly url: string;
  readonly host: string | undefined;
  readonly body: string;
  /** The name that was asked for. */
  readonly serverName: string | undefined;
  /** The common name of the client's certificate; undefined if it has shown none. */
  readonly client: string | undefined;
}

export interface SecureBackendOptions {
  /** The authority of client certificates, which are required then. */
  readonly clientCa?: string;
  /** By default any free one. */
  readonly port?: number;
  /** Called before each response. */
  readonly beforeAnswer?: () => Promise<void>;
}

/** Answers `secure`. */
export class SecureBackend implements AsyncDisposable {
  readonly requests: SecureRequest[] = [];
  /** That were accepted, whatever came of their handshakes. */
  connections = 0;
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets = new Set<TLSSocket>();

  private constructor({ cert, key }: Issued, { clientCa, beforeAnswer }: SecureBackendOptions) {
    const client = clientCa === undefined
      ? {}
      : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
    this.#server = createServer({ cert, key, ...client }, async (request, response) => {
      const socket = request.socket as TLSSocket & { servername?: string | false };
      let body = "";
      try {
        for await (const piece of request) body += piece;
      } catch {
        return; // the connection was closed in the middle
      }
      this.requests.push({
        method: request.method!,
        url: request.url!,
        host: request.headers.host,
        body,
        serverName: socket.servername || undefined,
        client: clientCa === undefined ? undefined : commonNameOf(socket),
      });
      await beforeAnswer?.();
      response.end("secure");
    });
    this.#server.on("connection", () => this.connections++);
    this.#server.on("secureConnection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {}); // clients leave as they want
    });
    this.#server.on("tlsClientError", (_error, socket) => socket.destroy());
  }

  static async start(issued: Issued, options: SecureBackendOptions = {}): Promise<SecureBackend> {
    const backend = new SecureBackend(issued, options);
    await new Promise<void>((resolve) =>
      backend.#server.listen(options.port ?? 0, "127.0.0.1", resolve)
    );
    return backend;
  }

  /** Closes the connections that there are, as a server does that has not been asked for long. */
  closeConnections(): void {
    for (const socket of this.#sockets) socket.end();
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

function commonNameOf(socket: TLSSocket): string | undefined {
  const { subject } = socket.getPeerCertificate() ?? {};
  return subject?.CN as string | undefined;
}
