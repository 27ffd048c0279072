/** The tcp engine: HTTP/1.1 over Deno.listen and Deno.connect. */
import { plainAddress } from "../../http/client_address.ts";
import type { Change, Engine, EngineOptions, ListenerAddress } from "../engine.ts";
import { throttledWarning } from "../../logging/throttled_warning.ts";
import { waitUntil } from "../shared/drain.ts";
import { CUT_OFF } from "../shared/failures.ts";
import { Listeners } from "../shared/listeners.ts";
import { RemovedListeners } from "../shared/removed_listeners.ts";
import { Client } from "./client.ts";
import type { Arrival } from "./client/connection.ts";
import { createContext } from "./context.ts";
import { Transports } from "./exchange/transports.ts";
import { TcpListener } from "./listener.ts";
import { SecureArrivals } from "./secure_arrivals.ts";

/** Connections that wait in the system to be accepted; the system may allow fewer. */
const BACKLOG_CONNECTIONS = 4096;

/**
 * How long a connection must have been idle to be closed for a new one. On a connection that was just
 * accepted, the first request may be on its way.
 */
const EVICT_IDLE_AFTER_MS = 1_000;

/** Starts the tcp engine. @throws if it cannot listen on an address */
export function serveTcp(options: EngineOptions): Engine {
  const { clock, reusePort, onError, onWarning } = options;
  const { wheel } = clock;
  const transports = new Transports(wheel, options.snapshot.limits);
  const clients = new Set<Client>();
  const removedListeners = new RemovedListeners(onError);
  const serving = { context: createContext(options.snapshot, options, transports) };
  const arrivals = new SecureArrivals(wheel, () => serving.context.limits);
  const warnOfAccepting = throttledWarning(onWarning, clock.now);
  const listeners = new Listeners((address) => listen(address, reusePort));

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

  function take(socket: Deno.TcpConn, listener: TcpListener): void {
    socket.setNoDelay(true);
    const address = plainAddress((socket.remoteAddr as Deno.NetAddr).hostname);
    if (listener.keys === undefined) {
      serve({ connection: socket, peer: { address, scheme: "http" } }, listener);
      return;
    }
    takeSecure(socket, address, listener).catch(onError);
  }

  async function takeSecure(
    socket: Deno.TcpConn,
    address: string,
    listener: TcpListener,
  ): Promise<void> {
    listener.arriving++;
    let trusted = listener.trustChanges;
    const secured = await arrivals.secure(socket, () => {
      trusted = listener.trustChanges;
      return listener.keys;
    });
    listener.arriving--;
    if (typeof secured === "string") return resume();
    const { connection, clientCert } = secured;
    const client = serve({ connection, peer: { address, scheme: "https", clientCert } }, listener);
    if (trusted !== listener.trustChanges) client.retire();
  }

  /** There may be room for connections that wait to be accepted. */
  function resume(): void {
    for (const waiting of listeners.all) waiting.resume();
  }

  function accept(listener: TcpListener): void {
    listener.accept({
      onWarning: warnOfAccepting,
      hasRoom: () => clients.size + arrivals.count < serving.context.limits.maxConnections,
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
      await waitUntil(() => clients.size + arrivals.count === 0, deadline);
      const cut = options.requests.own;
      for (const client of clients) client.abort(CUT_OFF);
      await arrivals.giveUp("the balancer stops");
      await removedListeners.ended();
      transports.close();
      return cut;
    },
  };
}

function listen(address: ListenerAddress, reusePort: boolean): TcpListener {
  const { hostname, port } = address;
  const tcpBacklog = BACKLOG_CONNECTIONS;
  return new TcpListener(Deno.listen({ hostname, port, reusePort, tcpBacklog }), address);
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
