/** The web engine: Deno.serve receives, the proxy decides, fetch forwards, Deno.serve responds. */
import { throttledWarning } from "../../logging/throttled_warning.ts";
import { waitUntil } from "../shared/drain.ts";
import type { Change, Engine, EngineOptions, ListenerAddress } from "../engine.ts";
import { Listeners } from "../shared/listeners.ts";
import { Clients } from "./clients.ts";
import { createHandler } from "./handler.ts";
import { Links } from "./links.ts";
import { WebListener } from "./listener.ts";

/** How long a listener that a reload takes out still accepts connections, in milliseconds. */
const REMOVED_GRACE_MS = 500;

/** Starts the web engine. @throws {ListenError} if an address cannot be listened on */
export function serveWeb(options: EngineOptions): Engine {
  const { clock, reusePort, onError, onWarning, requests } = options;
  const clients = new Clients();
  const links = new Links(clock.wheel);
  const warnOfBreak = throttledWarning(onWarning, clock.now);
  const serving = { handler: createHandler(options.snapshot, options, clients, links) };
  /** Of listeners that reloads have taken out. */
  const drains = new Set<Promise<void>>();
  const listeners = new Listeners((address: ListenerAddress) =>
    new WebListener(address, { reusePort, serving, onError, onWarning: warnOfBreak })
  );

  function change({ snapshot, backends }: Change): void {
    serving.handler = createHandler(snapshot, options, clients, links);
    links.retain(backends);
  }

  /** Drains a listener that a reload has taken out. */
  function drain(listener: WebListener, timeout: number): void {
    const deadline = performance.now() + timeout;
    const draining = listener.drain(deadline, Math.min(REMOVED_GRACE_MS, timeout)).catch(onError)
      .finally(() => drains.delete(draining));
    drains.add(draining);
  }

  const first = listeners.prepare(options.listeners);
  first.commit();

  return {
    addresses: first.addresses,
    finished: listeners.finished,
    prepare(wanted) {
      const prepared = listeners.prepare(wanted);
      return {
        ...prepared,
        commit(to) {
          change(to);
          for (const listener of prepared.commit().removed) drain(listener, to.drainTimeout);
        },
      };
    },
    async drain(timeout, grace) {
      const deadline = performance.now() + timeout;
      await Promise.all([
        ...listeners.all.map((listener) => listener.drain(deadline, grace)),
        ...drains,
      ]);
      listeners.end();
      await waitUntil(() => requests.own === 0, deadline);
      const cut = requests.own;
      clients.close();
      return cut;
    },
  };
}
