/** Opens connections to backends. */
import { failedConnect } from "./connect_error.ts";
import type { Bytes } from "./connection.ts";
import { hasDescriptorLeft } from "./descriptors.ts";
import { type Failed, failed } from "../outcome.ts";
import { Timed, type Wheel } from "../time/timer_wheel.ts";
import { socketPathOf } from "./unix_socket.ts";

/** Where a backend listens. */
export interface Address {
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** The path of its unix socket, of which the rest says nothing; undefined if it has none. */
  readonly socket?: string | undefined;
}

/** Reads a backend's address from its URL. @param url valid, with the scheme http, https or unix */
export function parseAddress(url: string): Address {
  const socket = socketPathOf(url);
  if (socket !== undefined) return { secure: false, hostname: "localhost", port: 0, socket };
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === "https:";
  return {
    secure,
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? (secure ? 443 : 80) : Number(port),
  };
}

/**
 * Connects to a backend.
 *
 * @param timeout in milliseconds, the TLS handshake included
 * @param first what is sent before anything else, also before a TLS handshake
 * @returns the connection, or why there is none: no byte of a request was sent then
 */
export async function dial(
  address: Address,
  wheel: Wheel,
  timeout: number,
  first?: Bytes,
): Promise<Deno.Conn | Failed> {
  const dialling = new Dialling();
  wheel.set(dialling, timeout);
  try {
    return await dialling.open(address, first);
  } catch (error) {
    if (dialling.expired) {
      return failed("connection_timeout", `no connection within ${timeout} ms`);
    }
    return failedConnect(error, hasDescriptorLeft, address.socket !== undefined);
  } finally {
    wheel.remove(dialling);
  }
}

class Dialling extends Timed {
  expired = false;
  readonly #controller = new AbortController();
  #opened: Deno.TlsConn | undefined;

  async open({ secure, hostname, port, socket }: Address, first?: Bytes): Promise<Deno.Conn> {
    if (socket !== undefined) {
      const connection = await Deno.connect({ transport: "unix", path: socket });
      if (first !== undefined) await sendFirst(connection, first);
      return connection;
    }
    const { signal } = this.#controller;
    const connection = await Deno.connect({ hostname, port, signal });
    connection.setNoDelay(true);
    if (first !== undefined) await sendFirst(connection, first);
    if (!secure) return connection;
    if (this.expired) {
      connection.close();
      throw new Deno.errors.TimedOut();
    }
    this.#opened = await Deno.startTls(connection, { hostname, alpnProtocols: ["http/1.1"] });
    try {
      if (this.expired) throw new Deno.errors.TimedOut();
      await this.#opened.handshake();
      return this.#opened;
    } catch (error) {
      this.#opened[Symbol.dispose](); // the timeout may have closed it already
      throw error;
    }
  }

  override expire(): void {
    this.expired = true;
    this.#controller.abort();
    this.#opened?.close();
  }
}

/** Sends what is so short that it fits into the buffer of a new connection. */
async function sendFirst(connection: Deno.Conn, bytes: Bytes): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  } catch (error) {
    connection.close();
    throw error;
  }
}
