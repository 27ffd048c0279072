/**
 * TLS to a server, through node:tls over a connection that this program has opened: one that is not complete
 * can be given up, which frees its socket at once. After Deno.startTls and Deno.connectTls it stays open for as
 * long as the server says nothing (tests/net/tls/client_handshake_test.ts has how many are left).
 */
import { connect, type TLSSocket } from "node:tls";
import { Buffers } from "../buffers.ts";
import type { Connection } from "../connection.ts";
import { isIP } from "../is_ip.ts";
import { plainMessage } from "../plain_message.ts";
import { type Failed, failed } from "../../outcome.ts";
import { dateOf } from "../../time/date.ts";
import { Carrier } from "./carrier.ts";
import { SecureConnection } from "./secure_connection.ts";
import type { TlsOptions } from "./tls_options.ts";

/** The buffer that a connection waits on while it is idle. In bytes. */
const SMALL_BYTES = 2048;

/** A record, and what belongs to it. In bytes. */
const LARGE_BYTES = 16 * 1024 + 512;

const KEPT_BUFFERS = 256;

const PROTOCOL = "http/1.1";

const NOTHING = new Uint8Array(0);

const [smalls, larges] = [SMALL_BYTES, LARGE_BYTES].map((bytes) =>
  new Buffers(bytes, KEPT_BUFFERS)
) as [Buffers, Buffers];

/** Why a handshake failed, if that is the server's fault. */
export class HandshakeError extends Error {
  readonly failed: Failed;
  /** Whether its certificate is not valid, and node:tls does not say why. */
  readonly isUnexplained: boolean;

  constructor(failed: Failed, isUnexplained = false) {
    super(failed.detail);
    this.failed = failed;
    this.isUnexplained = isUnexplained;
  }
}

/** One handshake, from its beginning on. */
export class ClientHandshake {
  /**
   * The secure connection. Rejects if the handshake fails, with a {@linkcode HandshakeError} if that is the
   * server's fault; then the connection is closed.
   */
  readonly connected: Promise<SecureConnection>;
  readonly #carrier: Carrier;
  readonly #socket: TLSSocket;
  readonly #broken = Promise.withResolvers<never>();

  /** @param hostname of the server's address: its name, unless the options say another one */
  constructor(connection: Connection, hostname: string, options: TlsOptions) {
    const { ca, serverName = hostname, client, verify } = options;
    this.#carrier = new Carrier(connection, NOTHING, smalls, larges);
    const carrier = this.#carrier as never;
    this.#socket = connect({
      socket: carrier,
      ALPNProtocols: [PROTOCOL],
      rejectUnauthorized: verify,
      // Addresses are no server names (RFC 6066, 3), yet a certificate must have them.
      ...(isIP(serverName) === 0 ? { servername: serverName } : { host: serverName }),
      ...(ca === undefined ? {} : { ca }),
      ...client,
    });
    this.connected = this.#run(serverName, verify);
  }

  /** The certificate that the server has shown; undefined before that. */
  get validity(): Validity | undefined {
    const { valid_from: from, valid_to: until } = this.#socket.getPeerCertificate() ?? {};
    return from === undefined || until === undefined
      ? undefined
      : { from: Date.parse(from), until: Date.parse(until) };
  }

  /** Closes the connection, whatever has come of it. */
  giveUp(): void {
    this.#broken.reject(new Deno.errors.Interrupted("the handshake was given up"));
    this.#carrier.destroy();
    this.#socket.destroy();
  }

  async #run(name: string, verify: boolean): Promise<SecureConnection> {
    const socket = this.#socket;
    const { reject } = this.#broken;
    socket.once("error", reject);
    socket.once("_tlsError", reject);
    socket.once("close", () => reject(new Deno.errors.UnexpectedEof(CLOSED)));
    this.#carrier.once("end", () => reject(new Deno.errors.UnexpectedEof(CLOSED)));
    const connection = new SecureConnection(socket, this.#carrier);
    // "secure" comes before the server's name is checked.
    const secure = new Promise<void>((resolve) => socket.once("secureConnect", resolve));
    try {
      await Promise.race([secure, this.#broken.promise]);
      if (verify && !socket.authorized) throw new Error("the certificate was not checked");
      return connection;
    } catch (error) {
      this.giveUp();
      throw explained(error, name);
    }
  }
}

/** In milliseconds since 1970. */
export interface Validity {
  readonly from: number;
  readonly until: number;
}

/** Why a certificate is not valid at this time; undefined if it is. @param now in milliseconds since 1970 */
export function expiryReason(validity: Validity | undefined, now: number): string | undefined {
  if (validity === undefined) return undefined;
  const { from, until } = validity;
  if (now > until) return `the certificate expired on ${dateOf(until)}`;
  if (now < from) return `the certificate is valid only from ${dateOf(from)} on`;
  return undefined;
}

const CLOSED = "the server closed the connection during the TLS handshake";

/** Codes of node:tls for a certificate that nobody vouches for, or that is not valid at this time. */
const UNVERIFIED =
  /^(?:UNABLE_TO_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH)/;

/** @param name that the server had to prove */
function explained(error: unknown, name: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return new HandshakeError(
      failed("tls_certificate_error", `the certificate is not for ${name}`),
    );
  }
  if (UNVERIFIED.test(code)) {
    const reason = "the certificate is of an unknown authority";
    return new HandshakeError(failed("tls_certificate_error", reason), true);
  }
  if (error instanceof Deno.errors.UnexpectedEof || !isOfConnection(error)) {
    return new HandshakeError(failed("tls_protocol_error", reasonOf(error)));
  }
  return error;
}

/** node:tls adds what OpenSSL would have said. */
function reasonOf(error: unknown): string {
  return plainMessage(error).replace(/ \(SSL routines:[^()]*\)$/, "");
}

function isOfConnection(error: unknown): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind);
}
