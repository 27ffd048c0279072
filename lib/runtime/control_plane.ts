/**
 * The control plane: all that a balancer has one of, while its workers (data_plane.ts) serve requests.
 *
 * It keeps the time that all workers use, supervises them, probes the backends, writes the logs and
 * answers on the admin port.
 */
import { deadline } from "@std/async/deadline";
import { urlOf } from "../backends/backend.ts";
import type { Configuration } from "../config/model.ts";
import { type LineFormat, namesIn } from "../logging/access_log.ts";
import { log } from "../logging/log.ts";
import { lowLimit } from "../net/descriptors.ts";
import { ignoreProxyVariables } from "../net/proxy_variables.ts";
import { processRecords } from "../shared_memory/layout.ts";
import { ignoreTimeout } from "../time/ignore_timeout.ts";
import { AdminPort } from "./admin.ts";
import { controlOf } from "./admin_control.ts";
import { namesOf } from "./backend_names.ts";
import { BackendSources } from "./backend_sources.ts";
import { ByHand } from "./by_hand.ts";
import { type ConfigurationSource, isWatched, sourceOf } from "./configuration_source.ts";
import { newInstanceName } from "./instance_name.ts";
import { LiveConfiguration } from "./live_configuration.ts";
import { LogRouter } from "./log_router.ts";
import type { LogNotice } from "./messages.ts";
import { ObservedPools } from "./observed_pools.ts";
import { type Predecessor, stopOrGiveUp } from "./predecessor.ts";
import { Reasons } from "./reasons.ts";
import { type Reloaded, type ReloadedBy, Reloads } from "./reload.ts";
import { ReloadOnChange } from "./reload_on_change.ts";
import type { ResolvedConfiguration } from "./revision.ts";
import { Revisions, statefulOf } from "./revisions.ts";
import { startSharedClock } from "./shared_clock.ts";
import { startWarnings } from "./start_warnings.ts";
import { statusOf } from "./status.ts";
import { takeAddresses } from "./take_addresses.ts";
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
  /** Reads the configuration again, and puts it in force whole or not at all. @param by who asked for it */
  reload(by: ReloadedBy): Promise<Reloaded>;
  /** Resolves if it was asked to stop, with what asked for it; nothing stops by that alone. */
  readonly stopAsked: Promise<string>;
  /**
   * Stops it: it is no longer ready, then refuses new connections, and lets requests in flight finish.
   *
   * @param timeout for requests in flight, in milliseconds; by default `timeouts.drain`
   * @returns how many requests were cut off by the timeout
   */
  stop(timeout?: number): Promise<number>;
}

/** What differs from the settings. */
export interface StartOptions {
  /** How access log lines are written; by default as `log.access` says. */
  readonly logFormat?: LineFormat;
  /** Where a reload reads the configuration; by default it stays as it is. */
  readonly source?: ConfigurationSource;
  /** The module that workers run; by default worker.ts. */
  readonly script?: URL;
  /** The running balancer whose place this one takes; by default there is none, and all ports must be free. */
  readonly predecessor?: Predecessor | undefined;
  /** Called when all workers listen, before the balancer says that it is ready. */
  readonly onListening?: (listening: Listening) => void;
}

/** How long a stop goes on accepting, so that clients learn of it from a response. */
const STOP_GRACE_MS = 500;

/** How long a stop waits for probes and connect checks. */
const STOP_WAIT_MS = 1_000;

/**
 * Starts a balancer.
 *
 * @throws {ListenError} if an address cannot be listened on; then nothing is left running
 * @throws what {@linkcode Predecessor.stop} throws: then the same is true once what came in here has finished
 */
export async function startBalancer(
  config: Configuration,
  options: StartOptions = {},
): Promise<Balancer> {
  const { predecessor } = options;
  await using undo = new AsyncDisposableStack();
  const descriptors = lowLimit();
  logIgnoredProxies();
  for (const warning of startWarnings(config, descriptors)) warn(warning);

  const workers = workerCount(config.workers, warn);
  const process = processRecords(1 + workers);
  const clock = undo.use(startSharedClock(process, workers));
  const logs = new LogRouter({ clock: clock.now });
  const revisions = new Revisions({
    workers: 1 + workers,
    descriptors: descriptors ?? Infinity,
    process,
  });
  const reasons = new Reasons(Date.now);
  const report = (notice: LogNotice) => {
    // What a backend that was taken out still does is no news.
    if (notice.kind === "event" && !revisions.knows(notice.pool, notice.event)) return;
    logs.route(notice);
    if (notice.kind !== "event") return;
    reasons.note(notice.event, notice.pool);
    const { event } = notice;
    if (event.kind === "fails" || event.kind === "ejected") {
      sources.connectFailed(urlOf(event.backend));
    }
  };
  /** Undefined until workers may be changed. */
  let current: LiveConfiguration | undefined = undefined;
  const sources = undo.use(
    new BackendSources({
      wheel: clock.wheel,
      random: Math.random,
      wallClock: Date.now,
      onChange: () => takeAddresses(current, report),
      onWarning: (message) => report({ kind: "warning", message }),
      onInfo: (message) => log("info", message),
    }),
  );
  const pools = new ObservedPools({
    workers: 1 + workers,
    clock,
    onEvent: (event, pool) => report({ kind: "event", event, pool }),
    onWarning: warn,
    onConnectFailed: (url) => sources.connectFailed(url),
  });
  const instanceName = newInstanceName();
  const prepared = await sources.prepare(config);
  prepared.commit();
  const byHand: ByHand = new ByHand({
    pools,
    live: () => live,
    state: () => revisions.state,
    isStopping: () => isStopping(),
    log: (message) => log("info", message),
  });
  byHand.takeWeights(predecessor?.setByHand ?? []);
  const first = revisions.make(byHand.apply(prepared.resolved));
  revisions.adopt(first);
  await pools.update(first.config, first.state);
  byHand.takeDrains(predecessor?.setByHand ?? []);
  const supervisor = new Supervisor({
    process,
    workers,
    clock,
    assignment: {
      revision: first,
      instanceName,
      seed: crypto.getRandomValues(new Int32Array(1))[0]!,
      logFormat: options.logFormat,
    },
    script: options.script,
    onNotice: report,
    onDeath(worker) {
      const lost = revisions.reclaim(worker);
      pools.abandon(worker);
      return lost;
    },
  });
  let hasStarted = false;
  const isStopping = () => supervisor.problem === "draining";
  const unreadiness = () =>
    hasStarted
      ? supervisor.problem ?? (pools.isUsable ? undefined : "no backend is usable")
      : "starting";
  const started = Promise.withResolvers<void>();
  const live = new LiveConfiguration(config, first, {
    started: started.promise,
    revisions,
    supervisor,
    pools,
    sources,
    adjust: (config) => byHand.apply(config),
    onChanged: ({ after }) => take(after),
  });
  const take = (config: ResolvedConfiguration) => {
    logs.namesPools = pools.all.size > 1;
    logs.names = namesOf(config, namesIn(options.logFormat));
    reasons.retain(statefulOf(config).pools);
  };
  take(first.config);
  const source = options.source ?? sourceOf(config);
  const onChange = undo.use(
    new ReloadOnChange({
      wheel: clock.wheel,
      reload: () => reloads.reload("a changed file"),
    }),
  );
  const reloads: Reloads = new Reloads({
    source,
    live,
    now: Date.now,
    inFlightAt: (pool, url) => pools.inFlightAt(pool, url),
    onRead(read, isRefused) {
      if (isRefused) onChange.add(read);
      else onChange.take(read, isWatched(source, live.written));
    },
  });
  const statusSources = {
    ...{
      backendSources: sources,
      instanceName,
      live,
      reloads,
      revisions,
      pools,
      supervisor,
      process,
      reasons,
      byHand,
    },
    ...{ startedAt: Date.now(), unreadiness, isStopping },
  };
  const stopAsked = Promise.withResolvers<string>();
  const admin: AdminPort = new AdminPort({
    control: controlOf({
      ...{ byHand, reloads, isStopping },
      status: () => statusOf(statusSources),
      stop() {
        admin.release();
        stopAsked.resolve("POST /api/stop");
      },
    }),
    fault: () => supervisor.hanging,
    unreadiness,
    config: () => live.written,
    report,
  });
  undo.defer(() => admin.shutdown());
  if (predecessor === undefined) admin.open();
  const addresses = await supervisor.start(predecessor?.ports ?? new Set());
  if (predecessor !== undefined) {
    await stopOrGiveUp(predecessor, () => supervisor.drain(first.config.timeouts.drain, 0));
  }
  pools.watch();
  current = live;
  onChange.take(source.first, isWatched(source, config));
  takeAddresses(current, report); // addresses may have changed meanwhile
  if (predecessor !== undefined) await admin.openLater();
  const listening = { addresses, adminAddress: admin.address, workers };
  options.onListening?.(listening);
  hasStarted = true;
  started.resolve();

  undo.move(); // from here on, stop() ends what was started
  return {
    ...listening,
    finished: supervisor.finished,
    reload: (by) => reloads.reload(by),
    stopAsked: stopAsked.promise,
    async stop(timeout = live.resolved.timeouts.drain) {
      const ending = Promise.all(
        [pools, sources, onChange].map((part) => part[Symbol.asyncDispose]()),
      );
      const cut = await supervisor.drain(timeout, Math.min(STOP_GRACE_MS, timeout));
      admin.shutdown();
      await deadline(ending, STOP_WAIT_MS).catch(ignoreTimeout);
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
