/** A client that leaves before it has its response. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Closes its connection (FIN), or resets it (RST): Deno's own close sends FIN. */
export type Departure = "closes" | "resets";

export class LeavingClient {
  readonly #socket: Socket;
  #received = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", ({ length }) => this.#received += length);
  }

  static async open(port: number): Promise<LeavingClient> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new LeavingClient(socket);
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  /** Resolves once it has received so many bytes. @returns how many it has */
  async receive(bytes: number): Promise<number> {
    while (this.#received < bytes) await once(this.#socket, "data");
    return this.#received;
  }

  async leave(how: Departure): Promise<void> {
    const closed = once(this.#socket, "close");
    if (how === "resets") this.#socket.resetAndDestroy();
    else this.#socket.destroy();
    await closed;
  }
}
