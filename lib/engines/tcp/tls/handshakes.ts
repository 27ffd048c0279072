/**
 * The TLS handshakes under way: each has a deadline, and for one more than there may be the oldest is given up.
 * Those of clients that mean it take a few round trips, so it is others that the oldest ones belong to.
 */
import { setImmediate } from "node:timers";
import { TLSSocket } from "node:tls";
import { plainMessage } from "../../../net/plain_message.ts";
import type { Connection } from "../../../net/connection.ts";
import { Buffers } from "../../../net/buffers.ts";
import { Timed, type Wheel } from "../../../time/timer_wheel.ts";
import type { ClientTrust } from "../../../tls/client_trust.ts";
import { Carrier } from "../../../net/tls/carrier.ts";
import { SecureConnection } from "../../../net/tls/secure_connection.ts";
import { receiveHello, refuse } from "./hello.ts";
import type { Keys } from "./keys.ts";
import { shownBy } from "./shown.ts";

/** A connection whose handshake is complete. */
export interface Secured {
  readonly connection: SecureConnection;
  /** The value of Client-Cert; undefined if the client has proved no certificate. */
  readonly clientCert: string | undefined;
}

export interface HandshakeLimits {
  /** How many may be under way. */
  readonly maxHandshakes: number;
  /** For each of them, in milliseconds. */
  readonly handshakeTimeout: number;
}

/** The buffer that a connection waits on while it is idle, and that most hellos fit into. In bytes. */
const SMALL_BYTES = 2048;

/** A record, and what belongs to it. In bytes. */
const LARGE_BYTES = 16 * 1024 + 512;

/** What is spoken inside; HTTP/2 is not built yet. */
const PROTOCOL = "http/1.1";

const KEPT_BUFFERS = 256;

interface HandshakeBuffers {
  readonly smalls: Buffers;
  readonly larges: Buffers;
}

export class Handshakes {
  readonly #limits: () => HandshakeLimits;
  readonly #wheel: Wheel;
  readonly #underWay = new Set<Handshake>();
  readonly #buffers: HandshakeBuffers = {
    smalls: new Buffers(SMALL_BYTES, KEPT_BUFFERS),
    larges: new Buffers(LARGE_BYTES, KEPT_BUFFERS),
  };

  /** @param limits those that hold at the moment */
  constructor(wheel: Wheel, limits: () => HandshakeLimits) {
    this.#wheel = wheel;
    this.#limits = limits;
  }

  /**
   * Makes a connection secure.
   *
   * @param keys asked for once the client's hello has arrived
   * @returns the secure one; why there is none, if the handshake fails: then the connection is closed
   */
  async begin(
    connection: Connection,
    keys: () => Promise<Keys> | undefined,
  ): Promise<Secured | string> {
    const { maxHandshakes, handshakeTimeout } = this.#limits();
    if (this.#underWay.size >= maxHandshakes) {
      this.#underWay.values().next().value!.giveUp("there are too many others");
    }
    const handshake = new Handshake(connection, this.#buffers);
    this.#underWay.add(handshake);
    this.#wheel.set(handshake, handshakeTimeout);
    try {
      return await handshake.run(keys);
    } catch (error) {
      await new Promise(setImmediate); // the alert that tells the client why is on its way by then
      handshake.giveUp(plainMessage(error));
      return handshake.reason!;
    } finally {
      this.#wheel.remove(handshake);
      this.#underWay.delete(handshake);
    }
  }

  /** Gives up all of them. */
  giveUp(reason: string): void {
    for (const handshake of this.#underWay) handshake.giveUp(reason);
  }
}

class Handshake extends Timed {
  /** Why it was given up. */
  reason: string | undefined;
  readonly #connection: Connection;
  readonly #buffers: HandshakeBuffers;
  readonly #broken = Promise.withResolvers<never>();
  #carrier: Carrier | undefined;
  #clientCert: string | undefined;

  constructor(
    connection: Connection,
    buffers: HandshakeBuffers,
  ) {
    super();
    this.#connection = connection;
    this.#buffers = buffers;
    this.#broken.promise.catch(() => {}); // it may come when nobody waits for it any more
  }

  async run(keys: () => Promise<Keys> | undefined): Promise<Secured> {
    const { smalls, larges } = this.#buffers;
    const { hello, bytes } = await receiveHello(this.#connection, smalls);
    const used = await keys();
    if (used === undefined) throw new Error("its listener has no TLS any more");
    if (!used.speaks(hello.version)) {
      return await refuse(
        this.#connection,
        "protocolVersion",
        "the client speaks only an older version of TLS",
      );
    }
    // A client that names none speaks what this port is known for (RFC 7301, 3.1).
    if (hello.protocols.length > 0 && !hello.protocols.includes(PROTOCOL)) {
      return await refuse(
        this.#connection,
        "noApplicationProtocol",
        `the client does not speak ${PROTOCOL}`,
      );
    }
    const carrier = this.#carrier = new Carrier(this.#connection, bytes, smalls, larges);
    const socket = new TLSSocket(carrier as never, {
      isServer: true,
      secureContext: used.contextFor(hello),
      ALPNProtocols: [PROTOCOL],
      requestCert: used.trust !== undefined,
      rejectUnauthorized: used.trust?.isRequired ?? false,
    });
    const secure = new Promise<void>((resolve) => {
      socket.once("secure", () => {
        if (used.trust !== undefined) this.#judge(used.trust, socket);
        resolve();
      });
    });
    socket.once("_tlsError", this.#broken.reject);
    socket.once("error", this.#broken.reject);
    socket.once("close", () => this.#broken.reject(new Error("the client has left")));
    const connection = new SecureConnection(socket, carrier);
    await Promise.race([this.#broken.promise, secure]);
    return { connection, clientCert: this.#clientCert };
  }

  /**
   * Decides about the client. One that is refused must be closed before this returns: the tickets for its
   * session have not left yet, and a client that gets none begins anew the next time.
   */
  #judge(trust: ClientTrust, socket: TLSSocket): void {
    try {
      const verdict = trust.judge(shownBy(socket), Date.now());
      if (verdict.kind === "refused") this.giveUp(verdict.reason);
      else if (verdict.kind === "proved") this.#clientCert = verdict.clientCert;
    } catch (error) {
      this.giveUp(plainMessage(error));
    }
  }

  override expire(): void {
    this.giveUp("it takes too long");
  }

  giveUp(reason: string): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.#broken.reject(new Error(reason));
    if (this.#carrier === undefined) this.#connection.close();
    else this.#carrier.close();
  }
}
