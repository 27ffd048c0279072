/** The data plane of one worker: an engine, and a pool over the backends that all workers share. */
import type { Backend } from "../backends/backend.ts";
import type { Config } from "../config/schema.ts";
import { ENGINES } from "../engines/mod.ts";
import { isSecure, remembering } from "../http/trusted_proxies.ts";
import { lineFormatter } from "../logging/access_log.ts";
import { bindOrExplain } from "../net/listen_error.ts";
import { createPool } from "../pool/create_pool.ts";
import type { Sticky } from "../pool/sticky.ts";
import { RetryBudget } from "../retry_budget.ts";
import { SharedMemory } from "../shared_memory/layout.ts";
import { startClock } from "../time/clock.ts";
import { createBackends } from "./backends.ts";
import { LineBatch } from "./line_batch.ts";
import type { Assignment, Notice } from "./messages.ts";
import { requestsInFlight } from "./reclaim.ts";

/** A running data plane. */
export interface DataPlane {
  readonly address: Deno.NetAddr;
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
  const { config, number, port, reusePort, limits, logFormat, extent, buffer } = assignment;
  const { instanceName } = assignment;
  const memory = new SharedMemory(extent, buffer);
  const backends = createBackends(memory, config, number);
  const isTrusted = remembering(await loadAddressList(config.TRUSTED_PROXIES));
  const sticky = await loadSticky(config, backends, isTrusted);
  const serve = await ENGINES[config.ENGINE]();
  const { time } = memory.pool;
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
  const pool = createPool(config, {
    backends,
    policy: config.POLICY,
    sticky,
    isTrusted,
    clock,
    random: Math.random,
    cells: memory.pool,
    worker: number,
    onEvent: (event) => notify({ kind: "event", event }),
  });
  const batch = new LineBatch((lines) => notify({ kind: "lines", lines }));
  const format = logFormat === undefined ? undefined : lineFormatter(logFormat);
  const engine = bindOrExplain("PORT", config.HOST, port, () =>
    serve({
      pool,
      budget: new RetryBudget(config.RETRY_BUDGET, memory.budget),
      clock,
      instanceName,
      hostname: config.HOST,
      port,
      reusePort,
      requests: requestsInFlight(memory, number),
      maxAttempts: config.MAX_ATTEMPTS,
      limits,
      isTrusted,
      onRequest: format && ((entry) => batch.write(format(entry))),
      onError(error) {
        notify({ kind: "fault", message: `a request failed by a fault of this program: ${error}` });
      },
      onWarning: (message) => notify({ kind: "warning", message }),
    }));

  return {
    address: engine.address,
    async drain(timeout, grace) {
      const cut = await engine.drain(timeout, grace);
      batch.flush();
      clock[Symbol.dispose]();
      return cut;
    },
  };
}

// What only some settings need is loaded if they are set: its memory would be held as long as this runs.

async function loadAddressList(networks: readonly string[]): Promise<(address: string) => boolean> {
  if (networks.length === 0) return () => false;
  const { belongsTo } = await import("../net/address_list.ts");
  return belongsTo(networks);
}

/** @returns undefined if sticky sessions are off */
async function loadSticky(
  { STICKY_COOKIE: cookie, STICKY_SECRET: secret }: Config,
  backends: readonly Backend[],
  isTrusted: (address: string) => boolean,
): Promise<Sticky | undefined> {
  if (cookie === undefined) return undefined;
  const { Sticky } = await import("../pool/sticky.ts");
  return new Sticky({
    backends,
    cookie,
    secret,
    isSecure: (request) => isSecure(request, isTrusted),
  });
}
