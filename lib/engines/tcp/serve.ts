/** The tcp engine: our own HTTP/1.1 over Deno.listen and Deno.connect, around the same proxy. */
import { delay } from "@std/async/delay";
import type { Engine, EngineOptions } from "../engine.ts";
import { createProxy } from "../../proxy.ts";
import { throttledWarning } from "../../logging/throttled_warning.ts";
import { waitUntil } from "../shared/drain.ts";
import { OverloadGuard } from "../shared/overload.ts";
import { HEADROOM_BYTES } from "./backend/connection.ts";
import { Buffers } from "../../net/buffers.ts";
import { Client } from "./client.ts";
import type { Context } from "./exchange/context.ts";
import { createForward } from "./exchange/forward.ts";
import { CUT_OFF } from "../shared/failures.ts";
import { acceptFrom } from "./client/accept.ts";
import { phaseTimeouts } from "./client/phases.ts";

/** What a connection holds while it idles, and what most heads fit into. */
const SMALL_BYTES = 1536;

/** What a backend's answer is received in, at least. */
const MEDIUM_BYTES = 16 * 1024;

/** What bodies pass through: as much is kept of a request's for another attempt. */
const LARGE_BYTES = 64 * 1024;

/** Buffers of each size that are kept for later. */
const KEPT_BUFFERS = 256;

/** Connections that the system keeps until they are accepted; it may allow fewer. */
const BACKLOG_CONNECTIONS = 4096;

/** A connection gives way to another once it has idled for so long: a new one's request is under way. */
const GIVES_WAY_AFTER_MS = 1_000;

/** How long a head that has begun may take to be complete once a stop was asked for. */
const DRAINING_HEADER_TIMEOUT_MS = 1_000;

/** Starts the tcp engine. @throws where the address cannot be listened on */
export function serveTcp(options: EngineOptions): Engine {
  const { pool, budget, clock, maxAttempts, limits } = options;
  const { isTrusted, onRequest, onError, onWarning } = options;
  const { wheel } = clock;
  const listener = Deno.listen({
    hostname: options.hostname,
    port: options.port,
    reusePort: options.reusePort,
    tcpBacklog: BACKLOG_CONNECTIONS,
  });
  const heads = new Buffers(limits.maxHeaderSize + MEDIUM_BYTES, KEPT_BUFFERS);
  const { forward, close } = createForward({
    wheel,
    heads,
    buffers: new Buffers(
      HEADROOM_BYTES + Math.max(MEDIUM_BYTES, limits.maxHeaderSize),
      KEPT_BUFFERS,
    ),
    connectTimeout: limits.connectTimeout,
    idleTimeout: limits.backendIdleTimeout,
    timeouts: limits,
  });
  const clients = new Set<Client>();
  const overload = new OverloadGuard(
    options.requests,
    limits.maxInFlight,
    onWarning,
    clock.now,
  );
  const context: Context = {
    proxy: createProxy({ pool, budget, forward, maxAttempts }),
    pool,
    overload,
    wheel,
    limits,
    phaseTimeouts: phaseTimeouts(limits),
    smalls: new Buffers(SMALL_BYTES, KEPT_BUFFERS),
    heads,
    bodies: new Buffers(Math.max(LARGE_BYTES, heads.size), KEPT_BUFFERS),
    requestHeads: [],
    isTrusted,
    onRequest,
    onError,
    draining: false,
    closing: false,
  };

  function onClosed(client: Client): void {
    clients.delete(client);
    accepting.resume();
  }

  const accepting = acceptFrom(listener, {
    onWarning: throttledWarning(onWarning, clock.now),
    hasRoom: () => clients.size < limits.maxConnections,
    makeRoom() {
      longestIdle(clients, wheel.now - GIVES_WAY_AFTER_MS)?.close();
    },
    onConnection(connection) {
      connection.setNoDelay(true);
      const client = new Client(connection, context, onClosed);
      clients.add(client);
      client.serve().catch(onError);
    },
  });

  return {
    address: listener.addr as Deno.NetAddr,
    finished: accepting.finished,
    async drain(timeout, grace) {
      context.draining = true;
      const deadline = performance.now() + timeout;
      if (grace > 0) await delay(grace);
      context.closing = true;
      accepting.stop();
      await accepting.finished;
      for (const client of clients) client.drain(DRAINING_HEADER_TIMEOUT_MS);
      await waitUntil(() => clients.size === 0, deadline);
      const cut = overload.inFlight;
      for (const client of clients) client.abort(CUT_OFF);
      close();
      return cut;
    },
  };
}

/** Of the connections that were between requests at that time already, the one that idles longest. */
function longestIdle(clients: Iterable<Client>, by: number): Client | undefined {
  let found: Client | undefined;
  let since = by;
  for (const client of clients) {
    if ((client.idleSince ?? Infinity) > since) continue;
    found = client;
    since = client.idleSince!;
  }
  return found;
}
