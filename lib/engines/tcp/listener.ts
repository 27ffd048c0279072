/** A listener of the tcp engine, and how it is drained: its clients learn of it, and finish what is theirs. */
import { hstsValue } from "../../http/hsts.ts";
import { runFor, untilQuiet, waitUntil } from "../shared/drain.ts";
import { CUT_OFF } from "../shared/failures.ts";
import type { Listener } from "../shared/listeners.ts";
import type { SocketListener } from "../../net/sockets.ts";
import type { ListenerAddress, TlsSettings } from "../engine.ts";
import type { Client } from "./client.ts";
import { acceptFrom, type Accepting, type AcceptOptions } from "./client/accept.ts";
import { hasSameClients, hasSameKeys, loadKeys } from "./secure_arrivals.ts";
import type { Keys } from "./tls/keys.ts";

/**
 * How long a head may take to be complete after the listener stops accepting connections, in milliseconds.
 */
const HEADER_TIMEOUT_MS = 1_000;

/**
 * How long idle connections are kept after it stops accepting, if requests still arrive on them, and how long
 * none may arrive to close them earlier, in milliseconds. To close one while its next request is on its way
 * would lose that request.
 */
const LAST_CALL_MS = 1_000;
const LAST_CALL_QUIET_MS = 100;

export class TcpListener implements Listener {
  name: string;
  readonly hostname: string;
  readonly mode: number | undefined;
  /** Those that came in here. */
  readonly clients = new Set<Client>();
  /** How many connections become clients once their PROXY header and their TLS handshake are complete. */
  arriving = 0;
  /** What TLS handshakes use; undefined if it has no TLS. */
  keys: Promise<Keys> | undefined;
  hsts: string | undefined;
  /** Whether connections begin with a PROXY header. */
  proxyProtocol = false;
  /** Grows whenever what clients must prove changes. */
  trustChanges = 0;
  /** Whether responses say that their connections close. */
  draining = false;
  /** Whether idle connections are closed: the grace period of a drain is over. */
  closing = false;
  readonly #listener: SocketListener;
  /** Removes the file of a unix socket. */
  readonly #remove: () => void;
  #tls: TlsSettings | undefined;
  readonly #finished = Promise.withResolvers<void>();
  #accepting: Accepting | undefined;

  /** @param remove called at the end, maybe twice */
  constructor(
    listener: SocketListener,
    { name, hostname, unix }: ListenerAddress,
    remove: () => void,
  ) {
    this.#listener = listener;
    this.#remove = remove;
    this.name = name;
    this.hostname = hostname;
    this.mode = unix?.mode;
  }

  get address(): Deno.NetAddr {
    const { addr } = this.#listener;
    return addr.transport === "tcp" ? addr : { transport: "tcp", hostname: this.hostname, port: 0 };
  }

  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Begins to accept connections; until then they wait in the system's queue. */
  accept(options: AcceptOptions): void {
    this.#accepting = acceptFrom(this.#listener, options);
    this.#accepting.finished.finally(this.#remove)
      .then(this.#finished.resolve, this.#finished.reject);
  }

  /** Ends a pause of accepting, as there may be room again. */
  resume(): void {
    this.#accepting?.resume();
  }

  adopt({ name, tls, proxyProtocol = false }: ListenerAddress): void {
    this.name = name;
    this.proxyProtocol = proxyProtocol;
    // Most reloads change no certificate, and making what handshakes use takes a while.
    if (!hasSameKeys(tls, this.#tls)) this.keys = tls && loadKeys(tls);
    const hasSameTrust = hasSameClients(tls, this.#tls);
    this.#tls = tls;
    if (!hasSameTrust) this.#retireClients();
    this.hsts = tls?.hstsSeconds === undefined ? undefined : hstsValue(tls.hstsSeconds);
  }

  discard(): void {
    this.#listener.close();
    this.#remove();
  }

  /**
   * Stops it: from now on every response closes its connection. After the grace it accepts no more, and
   * closes connections that are idle.
   *
   * @param deadline for all of it, on the clock of performance.now()
   * @param grace how long connections are still accepted, in milliseconds
   */
  async stop(deadline: number, grace: number): Promise<void> {
    this.draining = true;
    await runFor(grace, deadline);
    this.#remove(); // nobody more connects to a unix socket, and who has connected is accepted
    await this.#accepting?.stop();
    if (grace > 0 && this.#countIdle() > 0) {
      const until = Math.min(performance.now() + LAST_CALL_MS, deadline);
      await untilQuiet(() => this.#countIdle(), LAST_CALL_QUIET_MS / 2, until);
    }
    this.closing = true;
    for (const client of this.clients) client.drain(HEADER_TIMEOUT_MS);
  }

  /**
   * Takes a client. One whose TLS handshake was under way when the listener began to close may still send one
   * request.
   */
  add(client: Client): void {
    this.clients.add(client);
    if (this.closing) client.drain(HEADER_TIMEOUT_MS);
  }

  /** What clients have proved until now does not count any more. */
  #retireClients(): void {
    this.trustChanges++;
    for (const client of this.clients) client.retire();
  }

  /** Stops it, and waits for its clients: those that are left at the deadline are cut off. */
  async drain(deadline: number, grace: number): Promise<void> {
    await this.stop(deadline, grace);
    await waitUntil(() => this.clients.size + this.arriving === 0, deadline);
    for (const client of this.clients) client.abort(CUT_OFF);
  }

  #countIdle(): number {
    let idle = 0;
    for (const client of this.clients) if (client.phase === "idle") idle++;
    return idle;
  }
}
