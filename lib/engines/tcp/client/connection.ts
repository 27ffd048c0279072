/**
 * One connection from a client: its socket, what is received and sent on it, and its phase. It knows
 * nothing of requests: `Client` in lib/engines/tcp/client.ts extends it and serves them.
 */
import type { Peer, Scheme } from "../../../http/peer.ts";
import type { Buffers } from "../../../net/buffers.ts";
import type { Bytes, Connection } from "../../../net/connection.ts";
import type { Failed } from "../../../outcome.ts";
import { Timed, type Wheel } from "../../../time/timer_wheel.ts";
import type { Limits } from "../../engine.ts";
import { CLIENT_GONE, CLIENT_TAKES_NOTHING } from "../../shared/failures.ts";
import { ToldClient } from "../../shared/told_client.ts";
import { ProxyLines } from "../http1/proxy_lines.ts";
import { Inbox } from "./inbox.ts";
import { Outbox, type Recipient } from "./outbox.ts";
import type { Phase, PhaseTimeouts } from "./phases.ts";

/** A connection that has come in. */
export interface Arrival {
  readonly connection: Connection;
  readonly peer: Peer;
}

/** The listener that a connection came in at. */
export interface Source {
  readonly name: string;
  /** The value of Strict-Transport-Security for responses over TLS; undefined for none. */
  readonly hsts: string | undefined;
  /** Whether responses say that their connections close. */
  readonly draining: boolean;
  /** Whether idle connections are closed. */
  readonly closing: boolean;
}

/** What the connections of all clients share. */
export interface ClientOptions {
  readonly wheel: Wheel;
  readonly limits: Limits;
  readonly phaseTimeouts: PhaseTimeouts;
  /** Buffers for what a client sends first. */
  readonly smalls: Buffers;
  /** Buffers for heads that need more than that. */
  readonly heads: Buffers;
  /** Whether the X-Forwarded-* of a peer with that address are trusted. */
  readonly isTrusted: (address: string) => boolean;
  /** This balancer's name in Via. */
  readonly instanceName: string;
}

export abstract class ClientConnection extends Timed implements Recipient {
  /** The lines that this proxy adds to each request. */
  proxyLines: ProxyLines;
  readonly source: Source;
  readonly socket: Connection;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  /** The host of its last request. */
  lastHost = "";
  /** Whether the client has closed its sending side. */
  halfClosed = false;
  /** Whether it serves no further request. */
  retired = false;
  readonly #peer: Peer;
  /** What backends are told of it; undefined if none was. */
  #told: ToldClient | undefined;
  readonly #wheel: Wheel;
  #timeouts: PhaseTimeouts;
  #phase: Phase = "idle";
  #closed = false;
  #refused = false;

  constructor({ connection, peer }: Arrival, source: Source, options: ClientOptions) {
    super();
    this.source = source;
    const { wheel, limits, smalls, heads } = options;
    this.socket = connection;
    this.#peer = peer;
    this.#wheel = wheel;
    this.#timeouts = options.phaseTimeouts;
    this.inbox = new Inbox(connection, smalls, heads);
    this.outbox = new Outbox(this, wheel, limits.idleTimeout);
    this.proxyLines = proxyLinesFor(peer, options);
  }

  /** The address of the peer, without its port. */
  get address(): string {
    return this.#peer.address;
  }

  get scheme(): Scheme {
    return this.#peer.scheme;
  }

  /** The value of Strict-Transport-Security in its responses; undefined if they have none (RFC 6797, 7.2). */
  get hsts(): string | undefined {
    return this.#peer.scheme === "https" ? this.source.hsts : undefined;
  }

  /** As backends are told of it in PROXY headers. */
  get told(): ToldClient {
    return this.#told ??= new ToldClient(this.#peer.endpoints);
  }

  /** The name of the listener that it came in at. */
  get listener(): string {
    return this.source.name;
  }

  /** From now on its requests are served with these options: the configuration has changed. */
  protected adopt(options: ClientOptions): void {
    const { limits, heads, phaseTimeouts } = options;
    this.useTimeouts(phaseTimeouts, limits.idleTimeout);
    this.inbox.larges = heads;
    this.proxyLines = proxyLinesFor(this.#peer, options);
  }

  /** From now on phases last as long as the route of its request says. */
  useTimeouts(phases: PhaseTimeouts, idleTimeout: number): void {
    this.#timeouts = phases;
    this.outbox.timeout = idleTimeout;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Begins a phase, or begins it again: its timeout starts now. */
  enter(phase: Phase): void {
    this.#phase = phase;
    this.#wheel.set(this, this.#timeouts[phase]);
  }

  /** Begins a phase without its deadline. */
  enterUntimed(phase: Phase): void {
    this.#phase = phase;
    this.#wheel.clear(this);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether it was answered by {@linkcode refuse}, outside of any exchange. */
  get refused(): boolean {
    return this.#refused;
  }

  /** Whether no response can reach the client any more. */
  get gone(): boolean {
    return this.#closed || this.#refused;
  }

  /** Whether no further request can arrive. */
  get sendsNoMore(): boolean {
    return this.halfClosed && this.inbox.isEmpty && !this.inbox.hasMore;
  }

  /** Ends the connection, and the exchange on it. @param reason why the exchange failed */
  abstract abort(reason: Failed): void;

  onWriteStalled(): void {
    this.abort(CLIENT_TAKES_NOTHING);
  }

  onGone(): void {
    this.abort(CLIENT_GONE);
  }

  /** Sends a last local reply, whatever else is being done, and closes the connection. */
  refuse(reply: Bytes): void {
    this.#refused = true;
    this.enterUntimed("lingering");
    Promise.resolve(this.outbox.send(reply)).then(() => this.socket.closeWrite()).finally(() =>
      this.close()
    )
      .catch(() => {}); // the client has left
  }

  /**
   * Lets the last response arrive before the connection is closed: closing with unread bytes resets the
   * connection, and the reset may overtake what was sent (RFC 9112, 9.6). Over TLS the client is told that the
   * end is a clean one.
   */
  async linger(): Promise<void> {
    if (this.gone) return;
    this.enter("lingering");
    await this.socket.closeWrite();
    if (!this.halfClosed) await this.inbox.discard();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Without a response under way the end is a clean one, and over TLS the client is told so.
    if (this.#phase === "idle") this.socket.closeWrite().catch(() => {}); // it may have left
    this.socket.close();
    this.inbox.close();
    this.#told?.leave();
    this.#wheel.remove(this);
    this.#wheel.remove(this.outbox);
  }
}

function proxyLinesFor(peer: Peer, { isTrusted, instanceName }: ClientOptions): ProxyLines {
  return new ProxyLines(peer, isTrusted(peer.address), instanceName);
}
