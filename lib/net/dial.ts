/** Opens connections to backends. */
import { failedConnect } from "./connect_error.ts";
import { hasDescriptorLeft } from "./descriptors.ts";
import type { Connection } from "./connection.ts";
import type { ClientHandshake, HandshakeError } from "./tls/client_handshake.ts";
import type { TlsOptions } from "./tls/tls_options.ts";
import { type Failed, failed } from "../outcome.ts";
import { Timed, type Wheel } from "../time/timer_wheel.ts";

/** Where a backend listens. */
export interface Address {
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** For a secure one; by default its certificate must be one that Deno trusts. */
  readonly tls?: TlsOptions | undefined;
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

/** The address of a backend, and how it is spoken to. */
export function addressOf(
  { url, tls }: { readonly url: string; readonly tls?: TlsOptions | undefined },
): Address {
  return { ...parseAddress(url), tls };
}

const DEFAULT_TLS: TlsOptions = { verify: true };

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
): Promise<Connection | Failed> {
  const dialling = new Dialling();
  wheel.set(dialling, timeout);
  try {
    return await dialling.run(address, `no connection within ${timeout} ms`);
  } finally {
    wheel.remove(dialling);
  }
}

/** The same, for as long as a signal is not aborted. */
export async function dialUntil(
  address: Address,
  signal: AbortSignal,
): Promise<Connection | Failed> {
  const dialling = new Dialling();
  const giveUp = () => dialling.expire();
  signal.addEventListener("abort", giveUp);
  try {
    if (signal.aborted) giveUp();
    return await dialling.run(address, "no connection until it was given up");
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** The class of it is loaded only once there is TLS. */
function isHandshakeError(error: unknown): error is HandshakeError {
  return error instanceof Error && "failed" in error;
}

class Dialling extends Timed {
  expired = false;
  readonly #controller = new AbortController();
  #handshake: ClientHandshake | undefined;

  /** @param late what it means if its time is over */
  async run(address: Address, late: string): Promise<Connection | Failed> {
    try {
      return await this.#open(address);
    } catch (error) {
      if (isHandshakeError(error)) return error.failed;
      if (this.expired) return failed("connection_timeout", late);
      return failedConnect(error, hasDescriptorLeft);
    }
  }

  override expire(): void {
    this.expired = true;
    this.#controller.abort();
    this.#handshake?.giveUp();
  }

  async #open(address: Address): Promise<Connection> {
    if (!address.secure) return await this.#connect(address);
    try {
      return await (await this.#begin(address)).connected;
    } catch (error) {
      if (!isHandshakeError(error) || !error.isUnexplained) throw error;
      throw await this.#explain(address).catch(() => error) ?? error; // the first one counts
    }
  }

  async #connect({ hostname, port }: Address): Promise<Deno.TcpConn> {
    const { signal } = this.#controller;
    const connection = await Deno.connect({ hostname, port, signal });
    connection.setNoDelay(true);
    return connection;
  }

  /** Begins a handshake. What does that is loaded once it is needed: its memory would be held as long as this runs. */
  async #begin(address: Address): Promise<ClientHandshake> {
    const { ClientHandshake } = await import("./tls/client_handshake.ts");
    const connection = await this.#connect(address);
    if (this.expired) {
      connection.close();
      throw new Deno.errors.TimedOut();
    }
    const { hostname, tls = DEFAULT_TLS } = address;
    try {
      return this.#handshake = new ClientHandshake(connection, hostname, tls);
    } catch (error) {
      connection.close(); // node:tls throws at what it cannot use
      throw error;
    }
  }

  /**
   * Finds out by another connection, on which nothing is sent, whether a certificate that is not accepted is
   * one that is not valid at this time: for node:tls that is the same.
   *
   * @returns undefined if it is valid
   */
  async #explain(address: Address): Promise<HandshakeError | undefined> {
    const { expiryReason, HandshakeError } = await import("./tls/client_handshake.ts");
    const { serverName } = address.tls ?? DEFAULT_TLS;
    const handshake = await this.#begin({ ...address, tls: { serverName, verify: false } });
    const connection = await handshake.connected;
    const reason = expiryReason(handshake.validity, Date.now());
    connection.close();
    return reason === undefined
      ? undefined
      : new HandshakeError(failed("tls_certificate_error", reason));
  }
}
