/** The tcp engine: HTTP/1.1 over Deno.listen and Deno.connect. */
import type { Engine, EngineOptions } from "../engine.ts";
import { throttledWarning } from "../../logging/throttled_warning.ts";
import { createDescribe } from "../shared/access_entry.ts";
import { createDispatch } from "../shared/dispatch.ts";
import { runFor, untilQuiet, waitUntil } from "../shared/drain.ts";
import { LoopGuard } from "../shared/loops.ts";
import { OverloadGuard } from "../shared/overload.ts";
import { HEADROOM_BYTES } from "./backend/connection.ts";
import { Buffers } from "../../net/buffers.ts";
import { Client } from "./client.ts";
import type { Context } from "./exchange/context.ts";
import { createForward } from "./exchange/forward.ts";
import { CUT_OFF } from "../shared/failures.ts";
import { acceptFrom } from "./client/accept.ts";
import { phaseTimeouts } from "./client/phases.ts";

/** The buffer of a client's connection while it is idle. Most heads fit into it. */
const SMALL_BYTES = 1536;

/** The smallest buffer that a response of a backend is received in. */
const MEDIUM_BYTES = 16 * 1024;

/** The smallest buffer for a body. A request's body that fits into it can be sent in another attempt. */
const LARGE_BYTES = 64 * 1024;

/** Unused buffers of each size that are kept. */
const KEPT_BUFFERS = 256;

/** Connections that wait in the system to be accepted; the system may allow fewer. */
const BACKLOG_CONNECTIONS = 4096;

/**
 * How long a connection must have been idle to be closed for a new one. On a connection that was just
 * accepted, the first request may be on its way.
 */
const EVICT_IDLE_AFTER_MS = 1_000;

/** How long a head may take to be complete after the engine stops accepting connections. */
const DRAINING_HEADER_TIMEOUT_MS = 1_000;

/**
 * How long idle connections are kept after the engine stops accepting, if requests still arrive on them,
 * and how long none may arrive to close them earlier, in milliseconds. To close one while its next request
 * is on its way would lose that request.
 */
const LAST_CALL_MS = 1_000;
const LAST_CALL_QUIET_MS = 100;

/** Starts the tcp engine. @throws if it cannot listen on the address */
export function serveTcp(options: EngineOptions): Engine {
  const { clock, limits, routes, errorPages } = options;
  const { isTrusted, onRequest, onError, onWarning, instanceName } = options;
  const { wheel } = clock;
  const listeners = listenAll(options);
  const heads = new Buffers(limits.maxHeaderSize + MEDIUM_BYTES, KEPT_BUFFERS);
  const { forward, close } = createForward({
    wheel,
    heads,
    buffers: new Buffers(
      HEADROOM_BYTES + Math.max(MEDIUM_BYTES, limits.maxHeaderSize),
      KEPT_BUFFERS,
    ),
    maxHeaderLines: limits.maxHeaderLines,
  });
  const clients = new Set<Client>();
  /** For clients whose request has no route yet, in milliseconds: they have no tunnel. */
  const unrouted = { idle: limits.idleTimeout, tunnelIdle: Infinity, halfClosed: Infinity };
  const overload = new OverloadGuard(
    options.requests,
    limits.maxInFlight,
    onWarning,
    clock.now,
  );
  const context: Context = {
    dispatch: createDispatch({
      routes,
      tools: options.conditions,
      isTrusted,
      errorPages,
      rateClock: options.rateClock,
      forward,
      discard: ({ response: { connection, connections } }) => connections.discard(connection),
    }),
    errorPages,
    phaseTimeoutsFor: remembered((destination) => phaseTimeouts(limits, destination.timeouts)),
    loops: new LoopGuard(instanceName, onWarning, clock.now),
    overload,
    wheel,
    limits,
    phaseTimeouts: phaseTimeouts(limits, unrouted),
    smalls: new Buffers(SMALL_BYTES, KEPT_BUFFERS),
    heads,
    bodies: new Buffers(Math.max(LARGE_BYTES, heads.size), KEPT_BUFFERS),
    requestHeads: [],
    isTrusted,
    instanceName,
    describe: createDescribe(isTrusted, options.logFields),
    onRequest,
    onError,
    draining: false,
    closing: false,
  };

  function onClosed(client: Client): void {
    clients.delete(client);
    for (const accepting of all) accepting.resume();
  }

  const all = listeners.map(({ name, listener }) =>
    acceptFrom(listener, {
      onWarning: throttledWarning(onWarning, clock.now),
      hasRoom: () => clients.size < limits.maxConnections,
      makeRoom() {
        findLongestIdle(clients, wheel.now - EVICT_IDLE_AFTER_MS)?.close();
      },
      onConnection(connection) {
        connection.setNoDelay(true);
        const client = new Client(connection, name, context, onClosed);
        clients.add(client);
        client.serve().catch(onError);
      },
    })
  );

  return {
    addresses: listeners.map(({ listener }) => listener.addr as Deno.NetAddr),
    finished: Promise.all(all.map(({ finished }) => finished)).then(() => {}),
    async drain(timeout, grace) {
      context.draining = true;
      const deadline = performance.now() + timeout;
      await runFor(grace, deadline);
      await Promise.all(all.map((accepting) => accepting.stop()));
      if (grace > 0 && countIdle(clients) > 0) {
        const until = Math.min(performance.now() + LAST_CALL_MS, deadline);
        await untilQuiet(() => countIdle(clients), LAST_CALL_QUIET_MS / 2, until);
      }
      context.closing = true;
      for (const client of clients) client.drain(DRAINING_HEADER_TIMEOUT_MS);
      await waitUntil(() => clients.size === 0, deadline);
      const cut = overload.inFlight;
      for (const client of clients) client.abort(CUT_OFF);
      close();
      return cut;
    },
  };
}

/** Listens everywhere, or nowhere. @throws if one address cannot be listened on */
function listenAll({ listeners, reusePort }: EngineOptions) {
  const listening: { readonly name: string; readonly listener: Deno.TcpListener }[] = [];
  try {
    for (const { name, hostname, port } of listeners) {
      const tcpBacklog = BACKLOG_CONNECTIONS;
      const listener = Deno.listen({ hostname, port, reusePort, tcpBacklog });
      listening.push({ name, listener });
    }
    return listening;
  } catch (error) {
    for (const { listener } of listening) listener.close();
    throw error;
  }
}

/** Makes a function that computes each result once. */
function remembered<Key extends object, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const results = new WeakMap<Key, Value>();
  return (key) => {
    let result = results.get(key);
    if (result === undefined) results.set(key, result = compute(key));
    return result;
  };
}

function countIdle(clients: Iterable<Client>): number {
  let idle = 0;
  for (const client of clients) if (client.phase === "idle") idle++;
  return idle;
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
