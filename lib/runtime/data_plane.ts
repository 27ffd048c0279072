/** The data plane of one worker: an engine, and pools over the backends that all workers share. */
import { ENGINES } from "../engines/mod.ts";
import { remembering } from "../http/trusted_proxies.ts";
import { lineFormatter } from "../logging/access_log.ts";
import { bindOrExplain } from "../net/listen_error.ts";
import { compilePages, compileRoute } from "../routing/route.ts";
import { loadConditionTools } from "../routing/tools.ts";
import { SharedMemory } from "../shared_memory/layout.ts";
import { startClock } from "../time/clock.ts";
import { LineBatch } from "./line_batch.ts";
import type { Assignment, Notice } from "./messages.ts";
import { createPools } from "./pools.ts";
import { requestsInFlight } from "./reclaim.ts";

/** A running data plane. */
export interface DataPlane {
  /** Where it listens, in the order of the listeners. */
  readonly addresses: readonly Deno.NetAddr[];
  /** Stops it: see {@linkcode Engine.drain}. When it resolves, all notices have been sent. */
  drain(timeout: number, grace: number): Promise<number>;
}

/**
 * Starts the data plane. If the engine's listener breaks for good, `finished` of the engine rejects, which
 * nothing handles: the worker dies, and the supervisor starts another one.
 *
 * @param notify sends a notice to the supervisor
 * @throws {ListenError} if the address cannot be listened on
 */
export async function startDataPlane(
  assignment: Assignment,
  notify: (notice: Notice) => void,
): Promise<DataPlane> {
  const { config, number, listeners, reusePort, limits, logFormat, extent, buffer } = assignment;
  const { instanceName } = assignment;
  const memory = new SharedMemory(extent, buffer);
  const isTrusted = remembering(await loadAddressList(config.trustedProxies));
  const conditions = await loadConditionTools(config.routes.map(({ match }) => match));
  const serve = await ENGINES[config.engine]();
  const { time } = memory.common;
  const { heartbeat, awake } = memory.worker(number);
  awake.value = 1;
  const clock = startClock({
    time: () => time.value,
    onSleep: () => awake.value = 0,
    onWake() {
      awake.value = 1;
      notify({ kind: "awake" });
    },
  });
  clock.onTick(() => heartbeat.add(1));
  const pools = await createPools(config, {
    memory,
    worker: number,
    isTrusted,
    clock,
    onEvent: (event, pool) => notify({ kind: "event", event, pool }),
  });
  const batch = new LineBatch((lines) => notify({ kind: "lines", lines }));
  const format = logFormat === undefined ? undefined : lineFormatter(logFormat);
  const engine = bindOrExplain("requests", listeners, () =>
    serve({
      routes: config.routes.map((route) =>
        compileRoute(route, pools, config.errorPages, Math.random)
      ),
      errorPages: compilePages(config.errorPages),
      conditions,
      clock,
      instanceName,
      listeners,
      reusePort,
      requests: requestsInFlight(memory, number),
      limits,
      isTrusted,
      onRequest: format && ((entry) => batch.write(format(entry))),
      onError(error) {
        notify({ kind: "fault", message: `a request failed by a fault of this program: ${error}` });
      },
      onWarning: (message) => notify({ kind: "warning", message }),
    }));

  return {
    addresses: engine.addresses,
    async drain(timeout, grace) {
      const cut = await engine.drain(timeout, grace);
      batch.flush();
      clock[Symbol.dispose]();
      return cut;
    },
  };
}

/** What only some settings need is loaded if they are set: its memory would be held as long as this runs. */
async function loadAddressList(networks: readonly string[]): Promise<(address: string) => boolean> {
  if (networks.length === 0) return () => false;
  const { belongsTo } = await import("../net/address_list.ts");
  return belongsTo(networks);
}
