/** The data plane of one worker: an engine, and pools over the backends that all workers share. */
import { ENGINES } from "../engines/mod.ts";
import { remembering } from "../http/trusted_proxies.ts";
import { lineFormatter } from "../logging/access_log.ts";
import { isLogged, withoutQuery } from "../logging/log_choice.ts";
import { bindOrExplain } from "../net/listen_error.ts";
import { compilePages, compileRoutes } from "../routing/route.ts";
import { loadConditionTools } from "../routing/tools.ts";
import { SharedMemory } from "../shared_memory/layout.ts";
import { startClock } from "../time/clock.ts";
import { loadGuardTools } from "./guard_tools.ts";
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
  const { instanceName, guards, wallOrigin } = assignment;
  const memory = new SharedMemory(extent, buffer);
  const isTrusted = remembering(await loadAddressList(config.trustedProxies));
  const conditions = await loadConditionTools(config.routes.map(({ match }) => match));
  const onFault = (error: unknown) =>
    notify({ kind: "fault", message: `a request failed by a fault of this program: ${error}` });
  const guardTools = await loadGuardTools(config, memory, number, guards, onFault);
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
  const choice = config.log;
  const engine = bindOrExplain("requests", listeners, () =>
    serve({
      routes: compileRoutes(config, { pools, guardTools, random: Math.random }),
      conditions,
      errorPages: compilePages(config.errorPages),
      rateClock: sharedClock(wallOrigin),
      clock,
      instanceName,
      listeners,
      reusePort,
      requests: requestsInFlight(memory, number),
      limits,
      isTrusted,
      logFields: choice.fields,
      onRequest: format && ((entry) => {
        if (isLogged(entry, choice, Math.random)) batch.write(format(withoutQuery(entry, choice)));
      }),
      onError: onFault,
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

/**
 * A clock that reads the same in all workers, to a millisecond: the clock of each begins when it starts.
 *
 * @param wallOrigin the wall-clock time at which the shared one began, taken when this worker was started
 */
function sharedClock(wallOrigin: number): () => number {
  const offset = performance.timeOrigin - wallOrigin;
  return () => offset + performance.now();
}

/** What only some settings need is loaded if they are set: its memory would be held as long as this runs. */
async function loadAddressList(networks: readonly string[]): Promise<(address: string) => boolean> {
  if (networks.length === 0) return () => false;
  const { belongsTo } = await import("../net/address_list.ts");
  return belongsTo(networks);
}
