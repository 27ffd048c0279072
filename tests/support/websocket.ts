/** Both ends of WebSockets for tests. */
import { bytesOf, Dialogue } from "./raw_client.ts";

export type Message = string | Uint8Array<ArrayBuffer>;

/** A WebSocket whose messages are awaited one by one. */
export class TestSocket implements AsyncDisposable {
  /** How it was closed; a code of 0 or 1006 if no close frame came. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly socket: WebSocket;
  readonly #messages: Message[] = [];
  #arrived = Promise.withResolvers<void>();
  #isClosed = false;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      this.#messages.push(typeof data === "string" ? data : new Uint8Array(data));
      this.#wake();
    };
    socket.onerror = () => {}; // a close follows
    this.closed = new Promise((resolve) =>
      socket.onclose = ({ code, reason }) => {
        this.#isClosed = true;
        this.#wake();
        resolve({ code, reason });
      }
    );
  }

  /** Opens one. @param headers of its handshake */
  static async open(
    port: number,
    { protocols = [], headers = [] }: {
      readonly protocols?: string[];
      readonly headers?: [string, string][];
    } = {},
  ): Promise<TestSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/chat?room=1`, { protocols, headers });
    const opened = new TestSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = (event) => reject(new Error((event as ErrorEvent).message));
    });
    socket.onerror = () => {};
    return opened;
  }

  /** The next message that comes; rejects if none does. */
  async next(): Promise<Message> {
    while (this.#messages.length === 0) {
      if (this.#isClosed) throw new Error("it is closed");
      await this.#arrived.promise;
    }
    return this.#messages.shift()!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed) this.socket.close();
    await this.closed;
  }

  #wake(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }
}

/** A backend whose WebSockets each do what a test wants. */
export class SocketBackend implements AsyncDisposable {
  readonly requests: { readonly url: string; readonly headers: Headers }[] = [];
  readonly sockets: TestSocket[] = [];
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr | Deno.UnixAddr>;

  /** @param at where it listens, or its certificate; by default any port without TLS */
  constructor(
    serve: (side: TestSocket) => void = echo,
    at: { readonly path: string } | { readonly cert: string; readonly key: string } | undefined =
      undefined,
  ) {
    const handler = (request: Request) => {
      this.requests.push({ url: request.url, headers: new Headers(request.headers) });
      const upgraded = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
      const side = new TestSocket(upgraded.socket);
      this.sockets.push(side);
      upgraded.socket.onopen = () => serve(side);
      return upgraded.response;
    };
    const onListen = () => {};
    if (at !== undefined && "path" in at) {
      this.#server = Deno.serve({ path: at.path, onListen }, handler);
      this.url = `unix:${at.path}`;
    } else {
      const server = Deno.serve({ port: 0, hostname: "127.0.0.1", ...at, onListen }, handler);
      this.#server = server;
      this.url = `http${at === undefined ? "" : "s"}://127.0.0.1:${server.addr.port}`;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** Sends back what comes. */
export function echo(side: TestSocket): void {
  side.socket.onmessage = ({ data }) => side.socket.send(data);
}

const HANDSHAKE = "GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive, Upgrade\r\n" +
  "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** The handshake, as bytes on the wire. @param lines more of them */
export function handshake(...lines: string[]): string {
  return HANDSHAKE + [...lines, "", ""].join("\r\n");
}

/** Opcodes (RFC 6455, 5.2). */
export const OPCODES = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame of up to 125 bytes from a client, masked with zeros. @param first its first byte */
export function frame(first: number, payload: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array([first, 0x80 | payload.length, 0, 0, 0, 0, ...bytesOf(payload)]);
}

/** The same, whole. */
export function whole(opcode: number, payload: string): Uint8Array<ArrayBuffer> {
  return frame(0x80 | opcode, payload);
}

/** A close frame's payload. */
export function closing(code: number, reason = ""): string {
  return String.fromCharCode(code >> 8, code & 0xff) + reason;
}

/** What a server sends: one short frame. */
export function served(opcode: number, payload: string): string {
  return String.fromCharCode(0x80 | opcode, payload.length) + payload;
}

/** A client that is open, byte by byte. @returns with the head of the 101 */
export async function openRaw(
  port: number,
  ...lines: string[]
): Promise<{ readonly client: Dialogue; readonly head: string }> {
  const client = await Dialogue.open(port);
  await client.send(handshake(...lines));
  return { client, head: await client.until("\r\n\r\n") };
}

/** The head of a 101, as a backend sends it. @param lines more of them */
export const switching = (...lines: string[]) =>
  bytesOf(
    "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      [...lines, "", ""].join("\r\n"),
  );
