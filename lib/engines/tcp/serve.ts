/** The tcp engine: HTTP/1.1 over sockets. */
import type { Change, Engine, EngineOptions, ListenerAddress } from "../engine.ts";
import { throttledWarning } from "../../logging/throttled_warning.ts";
import { waitUntil } from "../shared/drain.ts";
import { CUT_OFF } from "../shared/failures.ts";
import { Listeners } from "../shared/listeners.ts";
import { RemovedListeners } from "../shared/removed_listeners.ts";
import type { Peer } from "../../http/peer.ts";
import type { SocketConnection, Sockets } from "../../net/sockets.ts";
import { placeSocket } from "../../net/unix_listening.ts";
import { Client } from "./client.ts";
import type { Arrival } from "./client/connection.ts";
import { createContext } from "./context.ts";
import { Transports } from "./exchange/transports.ts";
import { TcpListener } from "./listener.ts";
import { ProxiedArrivals } from "./proxied_arrivals.ts";
import { SecureArrivals } from "./secure_arrivals.ts";
import { SocketPeer } from "./socket_peer.ts";

/** Connections that wait in the system to be accepted; the system may allow fewer. */
const BACKLOG_CONNECTIONS = 4096;

/**
 * How long a connection must have been idle to be closed for a new one. On a connection that was just
 * accepted, the first request may be on its way.
 */
const EVICT_IDLE_AFTER_MS = 1_000;

/** Starts the tcp engine. @throws if it cannot listen on an address */
export function serveTcp(options: EngineOptions): Engine {
  const { clock, reusePort, sockets, onError, onWarning } = options;
  const { wheel } = clock;
  const transports = new Transports(wheel, sockets, options.snapshot.limits);
  const clients = new Set<Client>();
  const removedListeners = new RemovedListeners(onError);
  const serving = { context: createContext(options.snapshot, options, transports) };
  const arrivals = new SecureArrivals(wheel, () => serving.context.limits);
  const proxied = new ProxiedArrivals({
    wheel,
    isTrusted: (address) => serving.context.isTrusted(address),
    timeout: () => serving.context.limits.headerTimeout,
    onRefused: throttledWarning(onWarning, clock.now),
  });
  const countArriving = () => arrivals.count + proxied.count;
  const warnOfAccepting = throttledWarning(onWarning, clock.now);
  const listeners = new Listeners((address) => listen(sockets, address, reusePort));

  function serve(arrival: Arrival, listener: TcpListener): Client {
    const client = new Client(arrival, listener, serving, (client) => {
      clients.delete(client);
      listener.clients.delete(client);
      resume();
    });
    clients.add(client);
    client.serve().catch(onError);
    listener.add(client);
    return client;
  }

  function take(socket: SocketConnection, listener: TcpListener): void {
    socket.setNoDelay?.(true);
    const scheme = listener.keys === undefined ? "http" : "https";
    const arrival = { connection: socket, peer: new SocketPeer(socket, scheme) };
    if (scheme === "http" && !listener.proxyProtocol) return void serve(arrival, listener);
    listener.arriving++;
    prepare(arrival, listener).catch(onError).finally(() => {
      listener.arriving--;
      resume();
    });
  }

  /** What comes before requests: a PROXY header, then a TLS handshake. */
  async function prepare({ connection, peer }: Arrival, listener: TcpListener): Promise<void> {
    const arrival = listener.proxyProtocol
      ? await proxied.receive(connection, peer)
      : { connection, peer };
    if (arrival === undefined) return;
    if (peer.scheme === "http") return void serve(arrival, listener);
    let trusted = listener.trustChanges;
    const secured = await arrivals.secure(arrival.connection, () => {
      trusted = listener.trustChanges;
      return listener.keys;
    });
    if (typeof secured === "string") return;
    const { clientCert } = secured;
    const proved = clientCert === undefined
      ? arrival.peer
      : withCertificate(arrival.peer, clientCert);
    const client = serve({ connection: secured.connection, peer: proved }, listener);
    if (trusted !== listener.trustChanges) client.retire();
  }

  /** There may be room for connections that wait to be accepted. */
  function resume(): void {
    for (const waiting of listeners.all) waiting.resume();
  }

  function accept(listener: TcpListener): void {
    listener.accept({
      onWarning: warnOfAccepting,
      hasRoom: () => clients.size + countArriving() < serving.context.limits.maxConnections,
      makeRoom() {
        findLongestIdle(clients, wheel.now - EVICT_IDLE_AFTER_MS)?.close();
      },
      onConnection: (socket) => take(socket, listener),
    });
  }

  function change({ snapshot, backends, drainTimeout }: Change): void {
    serving.context = createContext(snapshot, options, transports, serving.context);
    transports.limitTo(snapshot.limits);
    transports.retain(backends, drainTimeout);
  }

  const first = listeners.prepare(options.listeners);
  first.commit().added.forEach(accept);

  return {
    addresses: first.addresses,
    finished: listeners.finished,
    prepare(wanted) {
      const prepared = listeners.prepare(wanted);
      return {
        ...prepared,
        commit(to) {
          change(to);
          const { added, removed } = prepared.commit();
          added.forEach(accept);
          removedListeners.drain(removed, to.drainTimeout);
        },
      };
    },
    async drain(timeout, grace) {
      const deadline = performance.now() + timeout;
      await Promise.all(listeners.all.map((listener) => listener.stop(deadline, grace)));
      listeners.end();
      await waitUntil(() => clients.size + countArriving() === 0, deadline);
      const cut = options.requests.own;
      for (const client of clients) client.abort(CUT_OFF);
      proxied.giveUp();
      await arrivals.giveUp("the balancer stops");
      await removedListeners.ended();
      transports.close();
      return cut;
    },
  };
}

function withCertificate({ address, scheme, endpoints }: Peer, clientCert: string): Peer {
  return { address, scheme, endpoints, clientCert };
}

function listen(sockets: Sockets, address: ListenerAddress, reusePort: boolean): TcpListener {
  const { hostname, port, unix } = address;
  const options = { reusePort, backlog: BACKLOG_CONNECTIONS };
  if (unix === undefined) {
    return new TcpListener(sockets.listen({ hostname, port }, options), address, () => {});
  }
  const { listening, remove } = placeSocket(
    unix.path,
    unix.mode,
    (path) => sockets.listen({ path }, options),
    (listener) => listener.close(),
  );
  return new TcpListener(listening, address, remove);
}

/** Finds the client that has been idle longest, of those that were idle at a time on the wheel's clock. */
function findLongestIdle(clients: Iterable<Client>, time: number): Client | undefined {
  let found: Client | undefined;
  let since = time;
  for (const client of clients) {
    if ((client.idleSince ?? Infinity) > since) continue;
    found = client;
    since = client.idleSince!;
  }
  return found;
}
