/** Opens connections to backends. */
import { failedConnect } from "./connect_error.ts";
import type { Bytes, Connection } from "./connection.ts";
import { hasDescriptorLeft } from "./descriptors.ts";
import type { ClientHandshake, HandshakeError } from "./tls/client_handshake.ts";
import type { TlsOptions } from "./tls/tls_options.ts";
import { type Failed, failed } from "../outcome.ts";
import { Timed, type Wheel } from "../time/timer_wheel.ts";
import { socketPathOf } from "./unix_socket.ts";
import { DENO_SOCKETS, type Sockets } from "./sockets.ts";
import { writeAll } from "./write_all.ts";

/** Where a backend listens. */
export interface Address {
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** The path of its unix socket, of which the rest says nothing; undefined if it has none. */
  readonly socket?: string | undefined;
  /** For a secure one; by default its certificate must be one that Deno trusts. */
  readonly tls?: TlsOptions | undefined;
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
 * @param first what is sent before anything else, also before a TLS handshake
 * @param sockets what it is connected with
 * @returns the connection, or why there is none: no byte of a request was sent then
 */
export async function dial(
  address: Address,
  wheel: Wheel,
  timeout: number,
  first?: Bytes,
  sockets = DENO_SOCKETS,
): Promise<Connection | Failed> {
  const dialling = new Dialling(address, first, sockets);
  wheel.set(dialling, timeout);
  try {
    return await dialling.run(`no connection within ${timeout} ms`);
  } finally {
    wheel.remove(dialling);
  }
}

/** The same, for as long as a signal is not aborted. */
export async function dialUntil(
  address: Address,
  signal: AbortSignal,
  first?: Bytes,
): Promise<Connection | Failed> {
  const dialling = new Dialling(address, first, DENO_SOCKETS);
  const giveUp = () => dialling.expire();
  signal.addEventListener("abort", giveUp);
  try {
    if (signal.aborted) giveUp();
    return await dialling.run("no connection until it was given up");
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

  readonly #address: Address;
  readonly #first: Bytes | undefined;
  readonly #sockets: Sockets;

  /** @param first what is sent before anything else */
  constructor(address: Address, first: Bytes | undefined, sockets: Sockets) {
    super();
    this.#address = address;
    this.#first = first;
    this.#sockets = sockets;
  }

  /** @param late what it means if its time is over */
  async run(late: string): Promise<Connection | Failed> {
    try {
      return await this.#open();
    } catch (error) {
      if (isHandshakeError(error)) return error.failed;
      if (this.expired) return failed("connection_timeout", late);
      return failedConnect(error, hasDescriptorLeft, this.#address.socket !== undefined);
    }
  }

  override expire(): void {
    this.expired = true;
    this.#controller.abort();
    this.#handshake?.giveUp();
  }

  async #open(): Promise<Connection> {
    const { secure, tls = DEFAULT_TLS } = this.#address;
    if (!secure) return await this.#connect();
    try {
      return await (await this.#begin(tls)).connected;
    } catch (error) {
      if (!isHandshakeError(error) || !error.isUnexplained) throw error;
      throw await this.#explain(tls).catch(() => error) ?? error; // the first one counts
    }
  }

  async #connect(): Promise<Connection> {
    const { hostname, port, socket } = this.#address;
    const place = socket === undefined ? { hostname, port } : { path: socket };
    return await this.#sendFirst(await this.#sockets.connect(place, this.#controller.signal));
  }

  /** Sends what comes first, which is so short that it fits into the buffer of a new connection. */
  async #sendFirst(connection: Connection): Promise<Connection> {
    if (this.#first === undefined) return connection;
    try {
      await writeAll(connection, this.#first);
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  /** Begins a handshake. What does that is loaded once it is needed: its memory would be held as long as this runs. */
  async #begin(tls: TlsOptions): Promise<ClientHandshake> {
    const { ClientHandshake } = await import("./tls/client_handshake.ts");
    const connection = await this.#connect();
    if (this.expired) {
      connection.close();
      throw new Deno.errors.TimedOut();
    }
    try {
      return this.#handshake = new ClientHandshake(connection, this.#address.hostname, tls);
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
  async #explain({ serverName }: TlsOptions): Promise<HandshakeError | undefined> {
    const { expiryReason, HandshakeError } = await import("./tls/client_handshake.ts");
    const handshake = await this.#begin({ serverName, verify: false });
    const connection = await handshake.connected;
    const reason = expiryReason(handshake.validity, Date.now());
    connection.close();
    return reason === undefined
      ? undefined
      : new HandshakeError(failed("tls_certificate_error", reason));
  }
}
