/** Receives the PROXY header that a connection from a trusted proxy begins with, within a deadline. */
import type { Endpoints } from "../../../endpoints.ts";
import type { Bytes, Connection } from "../../../net/connection.ts";
import { MAX_HEADER_BYTES, readProxyHeader } from "../../../net/proxy_header/read.ts";
import { ReturnedBytes } from "../../../net/returned_bytes.ts";
import { Timed, type Wheel } from "../../../time/timer_wheel.ts";

/** Headers are made to fit into the smallest TCP segment (proxy-protocol.txt, section 2). In bytes. */
const USUAL_BYTES = 536;

/** A connection behind its PROXY header. */
export interface Proxied {
  /** What follows the header. */
  readonly connection: Connection;
  /** What the header names; undefined if the connection is the proxy's own, or if the proxy does not know. */
  readonly endpoints: Endpoints | undefined;
}

/**
 * Why there is none: the proxy has left without a word, as those do that only try whether they can connect, or
 * this was another fault of it. Then the connection is closed.
 */
export type Unproxied = "left" | "late" | "invalid";

export class ProxyHeaderReception extends Timed {
  readonly #connection: Connection;
  #isLate = false;
  #isClosed = false;

  constructor(connection: Connection) {
    super();
    this.#connection = connection;
  }

  /** @param timeout for the whole header, in milliseconds */
  async receive(wheel: Wheel, timeout: number): Promise<Proxied | Unproxied> {
    wheel.set(this, timeout);
    try {
      const proxied = await this.#receive();
      if (typeof proxied === "string") this.close();
      return proxied;
    } catch { // the connection broke, or was closed from this side
      this.close();
      return this.#isLate ? "late" : "left";
    } finally {
      wheel.remove(this);
    }
  }

  override expire(): void {
    this.#isLate = true;
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.close();
  }

  async #receive(): Promise<Proxied | Unproxied> {
    let buffer: Bytes = new Uint8Array(USUAL_BYTES);
    for (let filled = 0;;) {
      const size = await this.#connection.read(buffer.subarray(filled));
      if (size === null) return filled === 0 ? "left" : "invalid";
      filled += size;
      const header = readProxyHeader(buffer.subarray(0, filled));
      if (header === "invalid") return "invalid";
      if (header !== "incomplete") {
        const { endpoints, length } = header;
        if (length === filled) return { connection: this.#connection, endpoints };
        const rest = buffer.slice(length, filled);
        return { connection: new ReturnedBytes(this.#connection, rest), endpoints };
      }
      if (filled < buffer.length) continue;
      const larger = new Uint8Array(MAX_HEADER_BYTES);
      larger.set(buffer);
      buffer = larger;
    }
  }
}
