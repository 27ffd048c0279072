/** The web engine: Deno.serve receives, the proxy decides, fetch forwards, Deno.serve responds. */
import { throttledWarning } from "../../logging/throttled_warning.ts";
import { waitUntil } from "../shared/drain.ts";
import type { Change, Engine, EngineOptions, ListenerAddress } from "../engine.ts";
import { Listeners } from "../shared/listeners.ts";
import { RemovedListeners } from "../shared/removed_listeners.ts";
import { createHandler } from "./handler.ts";
import { Links } from "./links.ts";
import { WebListener } from "./listener.ts";
import { Tunnels } from "./tunnels.ts";

/** Starts the web engine. @throws {ListenError} if an address cannot be listened on */
export function serveWeb(options: EngineOptions): Engine {
  const { clock, reusePort, onError, onWarning, requests } = options;
  const links = new Links(clock.wheel);
  const tunnels = new Tunnels(clock.wheel);
  const warnOfBreak = throttledWarning(onWarning, clock.now);
  const serving = { handler: createHandler(options.snapshot, options, links, tunnels) };
  const removedListeners = new RemovedListeners(onError);
  const listeners = new Listeners((address: ListenerAddress) =>
    new WebListener(address, { reusePort, serving, tunnels, onError, onWarning: warnOfBreak })
  );

  function change({ snapshot, backends, drainTimeout }: Change): void {
    serving.handler = createHandler(snapshot, options, links, tunnels);
    links.retain(backends);
    tunnels.retain(backends, drainTimeout);
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
          removedListeners.drain(prepared.commit().removed, to.drainTimeout);
        },
      };
    },
    async drain(timeout, grace) {
      const deadline = performance.now() + timeout;
      const cutBefore = tunnels.cut;
      await Promise.all([
        ...listeners.all.map((listener) => listener.drain(deadline, grace)),
        removedListeners.ended(),
      ]);
      listeners.end();
      await waitUntil(() => requests.own === 0, deadline);
      const cut = requests.own + tunnels.cut - cutBefore;
      links.close();
      return cut;
    },
  };
}
