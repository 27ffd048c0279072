/** Opens connections to backends. */
import { failedConnect } from "./connect_error.ts";
import { hasDescriptorLeft } from "./descriptors.ts";
import { type Failed, failed } from "../outcome.ts";
import { Timed, type Wheel } from "../time/timer_wheel.ts";

/** Where a backend listens. */
export interface Address {
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
}

/** Reads a backend's address from its URL. @param url valid, with the scheme http or https */
export function parseAddress(url: string): Address {
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
 * @returns the connection, or why there is none: no byte of a request was sent then
 */
export async function dial(
  address: Address,
  wheel: Wheel,
  timeout: number,
): Promise<Deno.Conn | Failed> {
  const dialling = new Dialling();
  wheel.set(dialling, timeout);
  try {
    return await dialling.open(address);
  } catch (error) {
    if (dialling.expired) {
      return failed("connection_timeout", `no connection within ${timeout} ms`);
    }
    return failedConnect(error, hasDescriptorLeft);
  } finally {
    wheel.remove(dialling);
  }
}

class Dialling extends Timed {
  expired = false;
  readonly #controller = new AbortController();
  #opened: Deno.TlsConn | undefined;

  async open({ secure, hostname, port }: Address): Promise<Deno.Conn> {
    const { signal } = this.#controller;
    const connection = await Deno.connect({ hostname, port, signal });
    connection.setNoDelay(true);
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
