/** A backend that resets each connection at its first byte (RST): Deno's own close sends FIN first. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";

export class ResettingBackend implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<ResettingBackend> {
    const server = createServer((socket) => {
      socket.once("data", () => socket.resetAndDestroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new ResettingBackend(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }
}
