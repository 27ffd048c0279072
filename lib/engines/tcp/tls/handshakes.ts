/**
 * The TLS handshakes under way: each has a deadline, and for one more than there may be the oldest is given up.
 * Those of clients that mean it take a few round trips, so it is others that the oldest ones belong to.
 */
import { setImmediate } from "node:timers";
import { TLSSocket } from "node:tls";
import { plainMessage } from "../../../net/plain_message.ts";
import type { Bytes, Connection } from "../../../net/connection.ts";
import { Buffers } from "../../../net/buffers.ts";
import { Timed, type Wheel } from "../../../time/timer_wheel.ts";
import { alertBytes } from "../../../tls/alert.ts";
import { type ClientHello, MAX_HELLO_BYTES, readClientHello } from "../../../tls/client_hello.ts";
import { refusalReply } from "../../../http/local_reply.ts";
import { localReplyBytes } from "../http1/local_reply_bytes.ts";
import { Carrier } from "../../../net/tls/carrier.ts";
import type { Keys } from "./keys.ts";
import { SecureConnection } from "../../../net/tls/secure_connection.ts";

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

/** What the headers of records add to a hello, at most; and as much again for what follows it. In bytes. */
const RECORDS_BYTES = 512;

/** What is spoken inside; HTTP/2 is not built yet. */
const PROTOCOL = "http/1.1";

/** The letters that methods begin with. */
const [A, Z] = [0x41, 0x5a];

const KEPT_BUFFERS = 256;

export class Handshakes {
  readonly #limits: () => HandshakeLimits;
  readonly #wheel: Wheel;
  readonly #underWay = new Set<Handshake>();
  readonly #buffers = {
    smalls: new Buffers(SMALL_BYTES, KEPT_BUFFERS),
    larges: new Buffers(LARGE_BYTES, KEPT_BUFFERS),
    hellos: new Buffers(MAX_HELLO_BYTES + RECORDS_BYTES, KEPT_BUFFERS),
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
  ): Promise<SecureConnection | string> {
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
  readonly #buffers: Readonly<Record<"smalls" | "larges" | "hellos", Buffers>>;
  readonly #broken = Promise.withResolvers<never>();
  #carrier: Carrier | undefined;

  constructor(
    connection: Connection,
    buffers: Readonly<Record<"smalls" | "larges" | "hellos", Buffers>>,
  ) {
    super();
    this.#connection = connection;
    this.#buffers = buffers;
    this.#broken.promise.catch(() => {}); // it may come when nobody waits for it any more
  }

  async run(keys: () => Promise<Keys> | undefined): Promise<SecureConnection> {
    const { smalls, larges } = this.#buffers;
    const { hello, bytes } = await this.#receiveHello();
    const used = await keys();
    if (used === undefined) throw new Error("its listener has no TLS any more");
    if (!used.speaks(hello.version)) {
      return await this.#refuse(
        "protocolVersion",
        "the client speaks only an older version of TLS",
      );
    }
    // A client that names none speaks what this port is known for (RFC 7301, 3.1).
    if (hello.protocols.length > 0 && !hello.protocols.includes(PROTOCOL)) {
      return await this.#refuse("noApplicationProtocol", `the client does not speak ${PROTOCOL}`);
    }
    const carrier = this.#carrier = new Carrier(this.#connection, bytes, smalls, larges);
    const socket = new TLSSocket(carrier as never, {
      isServer: true,
      secureContext: used.contextFor(hello),
      ALPNProtocols: [PROTOCOL],
    });
    const secure = new Promise<void>((resolve) => socket.once("secure", resolve));
    socket.once("_tlsError", this.#broken.reject);
    socket.once("error", this.#broken.reject);
    socket.once("close", () => this.#broken.reject(new Error("the client has left")));
    const connection = new SecureConnection(socket, carrier);
    await Promise.race([secure, this.#broken.promise]);
    return connection;
  }

  async #receiveHello(): Promise<{ readonly hello: ClientHello; readonly bytes: Bytes }> {
    const { smalls, hellos } = this.#buffers;
    let buffer = smalls.borrow();
    for (let filled = 0;;) {
      const size = await this.#connection.read(buffer.subarray(filled));
      if (size === null) throw new Error("the client has left");
      filled += size;
      const hello = readClientHello(buffer.subarray(0, filled));
      if (hello === "invalid") return await this.#refuseOther(buffer[0]!);
      if (hello !== "incomplete") {
        const bytes = buffer.slice(0, filled);
        smalls.giveBack(buffer);
        hellos.giveBack(buffer);
        return { hello, bytes };
      }
      if (filled < buffer.length) continue;
      if (buffer.length === hellos.size) throw new Error("the ClientHello is too long");
      const larger = hellos.borrow();
      larger.set(buffer);
      smalls.giveBack(buffer);
      buffer = larger;
    }
  }

  /** What arrives is no ClientHello: whoever speaks HTTP without TLS is told so. @param first byte of it */
  async #refuseOther(first: number): Promise<never> {
    if (first < A || first > Z) {
      return await this.#refuse("unexpectedMessage", "the client sent no ClientHello");
    }
    const reply = refusalReply({ status: 400, reason: "this port needs TLS: use https" });
    return await this.#sendLast(
      localReplyBytes(reply, "close", false),
      "the client speaks HTTP without TLS",
    );
  }

  #refuse(alert: Parameters<typeof alertBytes>[0], reason: string): Promise<never> {
    return this.#sendLast(alertBytes(alert), reason);
  }

  /** Closing with unread bytes would reset the connection, and overtake what is sent (RFC 9112, 9.6). */
  async #sendLast(bytes: Bytes, reason: string): Promise<never> {
    await this.#connection.write(bytes);
    await this.#connection.closeWrite();
    const rest = this.#buffers.smalls.borrow();
    while (await this.#connection.read(rest) !== null);
    throw new Error(reason);
  }

  override expire(): void {
    this.giveUp("it takes too long");
  }

  giveUp(reason: string): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.#broken.reject(new Error(reason));
    if (this.#carrier === undefined) this.#connection.close();
    else this.#carrier.destroy();
  }
}
