/**
 * The control plane: all that a balancer has one of, while its workers (data_plane.ts) serve requests.
 *
 * It keeps the time that all workers use, supervises them, probes the backends, writes the logs and
 * answers on the admin port.
 */
import { deadline } from "@std/async/deadline";
import type { Configuration } from "../config/model.ts";
import { type LineFormat, namesIn } from "../logging/access_log.ts";
import { log } from "../logging/log.ts";
import { lowLimit } from "../net/descriptors.ts";
import { lookUpAddresses } from "../net/host_addresses.ts";
import { ignoreProxyVariables } from "../net/proxy_variables.ts";
import type { ServingPool } from "../routing/route.ts";
import { SharedMemory } from "../shared_memory/layout.ts";
import { newRateTable } from "../shared_memory/rate_table.ts";
import { type Clock, startClock } from "../time/clock.ts";
import { ignoreTimeout } from "../time/ignore_timeout.ts";
import { watchAddresses } from "./address_watch.ts";
import { startAdmin } from "./admin.ts";
import { startConnectChecking } from "./connect_checking.ts";
import { engineLimits } from "./engine_limits.ts";
import { needsRates } from "./guard_tools.ts";
import { newInstanceName } from "./instance_name.ts";
import { LogRouter } from "./log_router.ts";
import { createPools, extentOf } from "./pools.ts";
import { startProbing } from "./probing.ts";
import { startWarnings } from "./start_warnings.ts";
import { Supervisor } from "./supervisor.ts";
import { workerCount } from "./worker_count.ts";

/** Where a balancer listens. */
export interface Listening {
  /** For requests, in the order of the listeners. */
  readonly addresses: readonly Deno.NetAddr[];
  /** For the admin port; undefined if that is off. */
  readonly adminAddress: Deno.NetAddr | undefined;
  /** The number of workers. */
  readonly workers: number;
}

/** A running balancer. */
export interface Balancer extends Listening {
  /** Rejects with {@linkcode WorkerHangError} if it cannot go on; never resolves. */
  readonly finished: Promise<never>;
  /**
   * Stops it: it is no longer ready, then refuses new connections, and lets requests in flight finish.
   *
   * @param timeout for requests in flight, in milliseconds
   * @returns how many requests were cut off by the timeout
   */
  stop(timeout: number): Promise<number>;
}

/** What differs from the settings. */
export interface StartOptions {
  /** How access log lines are written; by default as `log.access` says. */
  readonly logFormat?: LineFormat;
  /** The module that workers run; by default worker.ts. */
  readonly script?: URL;
  /** Called when all workers listen, before the balancer says that it is ready. */
  readonly onListening?: (listening: Listening) => void;
}

/** The control plane's number among the users of the shared memory; workers have 1 and up. */
const CONTROL_PLANE_NUMBER = 0;

/** How long a stop goes on accepting, so that clients learn of it from a response. */
const STOP_GRACE_MS = 500;

/** How long a stop waits for probes and connect checks. */
const STOP_WAIT_MS = 1_000;

/**
 * Starts a balancer.
 *
 * @throws {ListenError} if an address cannot be listened on; then nothing is left running
 */
export async function startBalancer(
  config: Configuration,
  options: StartOptions = {},
): Promise<Balancer> {
  await using undo = new AsyncDisposableStack();
  const descriptors = lowLimit();
  logIgnoredProxies();
  for (const warning of startWarnings(config, descriptors)) warn(warning);

  const workers = workerCount(config.workers, warn);
  const memory = new SharedMemory(extentOf(config, workers));
  const clock = undo.use(startSharedClock(memory));
  const logs = new LogRouter({
    clock: clock.now,
    names: namesIn(options.logFormat),
    namesPools: Object.keys(config.pools).length > 1,
  });
  const pools = [...await observePools(config, memory, clock, logs)];
  const supervisor = new Supervisor({
    memory,
    clock,
    assignment: {
      config,
      instanceName: config.instance ?? newInstanceName(),
      listeners: Object.entries(config.listeners).map(([name, { host, port }]) => ({
        name,
        hostname: host,
        port,
      })),
      limits: engineLimits(config, workers, descriptors ?? Infinity),
      guards: {
        rates: needsRates(config) ? newRateTable() : undefined,
        seed: crypto.getRandomValues(new Int32Array(1))[0]!,
      },
      logFormat: options.logFormat ?? (config.log.access === "off" ? undefined : config.log.access),
    },
    script: options.script,
    onNotice: (notice) => logs.route(notice),
    onDeath: (worker) => pools.forEach(({ pool }) => pool.abandon(worker)),
  });
  let hasStarted = false;
  const admin = startAdmin(config, {
    supervisor,
    isUsable: () => pools.some(({ pool }) => pool.usable),
    report: (notice) => logs.route(notice),
    hasStarted: () => hasStarted,
  });
  undo.defer(() => admin?.shutdown());
  const addresses = await supervisor.start();
  const watching = pools.flatMap((serving) => watchPool(serving, clock));
  const backends = pools.flatMap(({ pool }) => pool.backends);
  watchAddresses({ backends, lookUp: lookUpAddresses, wheel: clock.wheel, onWarning: warn });
  const listening = { addresses, adminAddress: admin?.address, workers };
  options.onListening?.(listening);
  hasStarted = true;

  undo.move(); // from here on, stop() ends what was started
  return {
    ...listening,
    finished: supervisor.finished,
    async stop(timeout) {
      const ending = watching.map((watch) => watch[Symbol.asyncDispose]());
      const cut = await supervisor.drain(timeout, Math.min(STOP_GRACE_MS, timeout));
      admin?.shutdown();
      await deadline(Promise.all(ending), STOP_WAIT_MS).catch(ignoreTimeout);
      clock[Symbol.dispose]();
      return cut;
    },
  };
}

function warn(warning: string): void {
  log("warn", warning);
}

function logIgnoredProxies(): void {
  for (const name of ignoreProxyVariables()) {
    log("info", `${name} is not used: backends are reached directly`);
  }
}

/** Starts the clock whose time all workers read from the shared memory; it sleeps if they all do. */
function startSharedClock(memory: SharedMemory): Clock {
  const { time } = memory.common;
  const workers = memory.servingWorkers.map((number) => memory.worker(number));
  const clock = startClock({
    onMove: (now) => time.value = now,
    staysAwake: () => workers.some(({ awake }) => awake.value === 1),
  });
  time.value = clock.now();
  return clock;
}

/** The pools as the control plane sees them: probes report to them, and readiness depends on them. */
async function observePools(
  config: Configuration,
  memory: SharedMemory,
  clock: Clock,
  logs: LogRouter,
): Promise<Iterable<ServingPool>> {
  const pools = await createPools(config, {
    memory,
    worker: CONTROL_PLANE_NUMBER,
    isTrusted: () => false, // it sees no requests
    clock,
    onEvent: (event, pool) => logs.route({ kind: "event", event, pool }),
  });
  return pools.values();
}

/** Starts what finds out about the backends of a pool. @returns what stops it */
function watchPool({ config, pool }: ServingPool, clock: Clock): AsyncDisposable[] {
  const probes = startProbing(config, pool);
  const checks = startConnectChecking(pool, clock, config.timeouts.connect, Math.random);
  return probes === undefined ? [checks] : [checks, probes];
}
