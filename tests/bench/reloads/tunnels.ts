/** WebSockets as a load: they are opened, and speak now and then; how many were closed is what counts. */
import { isGone, type Open, openerOf } from "../message_reader.ts";

const HANDSHAKE = new TextEncoder().encode(
  "GET /socket HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
);

const PING = new TextEncoder().encode("ping");

/** How many are opened at the same time. */
const OPENING = 50;

export class Tunnels {
  /** Those that were opened and then closed by the other side. */
  closed = 0;
  /** Those that were not opened. */
  refused = 0;
  /** What came back of what was sent. */
  echoes = 0;
  readonly #connections: Deno.Conn[] = [];
  readonly #reading: Promise<void>[] = [];
  #ended = false;

  /** Opens a number of them, through a balancer. @param to its port, or what connects to it */
  async open(to: number | Open, count: number): Promise<void> {
    for (let opened = 0; opened < count; opened += OPENING) {
      const some = Math.min(OPENING, count - opened);
      await Promise.all(Array.from({ length: some }, () => this.#openOne(openerOf(to))));
    }
  }

  /** Sends something on each. @returns how many came back within two seconds */
  async ping(): Promise<number> {
    const before = this.echoes;
    await Promise.allSettled(this.#connections.map((connection) => connection.write(PING)));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    return this.echoes - before;
  }

  async end(): Promise<void> {
    this.#ended = true;
    for (const connection of this.#connections) connection.close();
    await Promise.all(this.#reading);
  }

  async #openOne(open: Open): Promise<void> {
    const connection = await open();
    await connection.write(HANDSHAKE);
    const bytes = new Uint8Array(1024);
    let text = "";
    while (!text.includes("\r\n\r\n")) {
      const size = await connection.read(bytes);
      if (size === null) break;
      text += new TextDecoder().decode(bytes.subarray(0, size));
    }
    if (!text.startsWith("HTTP/1.1 101")) {
      this.refused++;
      return connection.close();
    }
    this.#connections.push(connection);
    this.#reading.push(this.#read(connection));
  }

  async #read(connection: Deno.Conn): Promise<void> {
    const bytes = new Uint8Array(64);
    try {
      while (await connection.read(bytes) !== null) this.echoes++;
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    if (!this.#ended) this.closed++;
  }
}
