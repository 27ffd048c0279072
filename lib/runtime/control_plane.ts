/**
 * The control plane: all that a balancer has one of, while its workers (data_plane.ts) serve requests.
 *
 * It keeps the time that all workers use, supervises them, probes the backends, writes the logs and
 * answers on the admin port.
 */
import { deadline } from "@std/async/deadline";
import type { Configuration } from "../config/model.ts";
import type { LineFormat } from "../logging/access_log.ts";
import { log } from "../logging/log.ts";
import { lowLimit } from "../net/descriptors.ts";
import { ignoreProxyVariables } from "../net/proxy_variables.ts";
import { processRecords } from "../shared_memory/layout.ts";
import type { Clock } from "../time/clock.ts";
import { ignoreTimeout } from "../time/ignore_timeout.ts";
import { Acme } from "./acme.ts";
import { AdminPort } from "./admin.ts";
import { controlOf } from "./admin_control.ts";
import { ByHand } from "./by_hand.ts";
import type { ConfigurationSource } from "./configuration_source.ts";
import { newInstanceName } from "./instance_name.ts";
import { Observation } from "./observation.ts";
import { type Predecessor, stopOrGiveUp } from "./predecessor.ts";
import { Reconfiguration } from "./reconfiguration.ts";
import type { Reloaded, ReloadedBy } from "./reload.ts";
import type { Revision } from "./revision.ts";
import { Revisions } from "./revisions.ts";
import { startSharedClock } from "./shared_clock.ts";
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
  const { logFormat, script, source, predecessor, onListening } = options;
  await using undo = new AsyncDisposableStack();
  const descriptors = lowLimit();
  logIgnoredProxies();
  for (const warning of startWarnings(config, descriptors)) warn(warning);

  const workers = workerCount(config.workers, warn);
  const process = processRecords(1 + workers);
  const clock = undo.use(startSharedClock(process, workers));
  const revisions = new Revisions({
    ...{ workers: 1 + workers, process },
    descriptors: descriptors ?? Infinity,
  });
  const observation = undo.use(
    new Observation({
      ...{ clock, workers: 1 + workers, revisions, logFormat },
      onInfo: info,
      onExpiry: warn,
    }),
  );
  const { pools, report } = observation;
  const isStopping = () => supervisor.problem === "draining";
  const byHand: ByHand = new ByHand({
    ...{ pools, isStopping, log: info },
    refresh: () => reconfiguration.live.refresh(),
    state: () => revisions.state,
  });
  const acme = undo.use(new Acme({ wheel: clock.wheel, onInfo: info, onWarning: warn }));
  const parts = { observation, revisions, byHand, acme };
  const first = await firstRevision(config, parts, predecessor);
  const instanceName = newInstanceName();
  const supervisor = new Supervisor({
    ...{ process, workers, clock, script, onNotice: report },
    assignment: { revision: first, instanceName, seed: newSeed(), logFormat },
    onDeath(worker) {
      const lost = revisions.reclaim(worker);
      pools.abandon(worker);
      return lost;
    },
  });
  const reconfiguration = undo.use(
    new Reconfiguration({
      ...{ config, first, source, supervisor, ...parts },
      wheel: clock.wheel,
    }),
  );
  let hasStarted = false;
  const unreadiness = () =>
    hasStarted
      ? supervisor.problem ?? (pools.isUsable ? undefined : "no backend is usable")
      : "starting";
  const { live, reloads } = reconfiguration;
  const stopAsked = Promise.withResolvers<string>();
  const admin: AdminPort = new AdminPort({
    control: controlOf({
      ...{ process, supervisor, live, reloads, instanceName, ...parts },
      ...{ startedAt: Date.now(), unreadiness, isStopping },
      stop() {
        admin.release();
        stopAsked.resolve("POST /api/stop");
      },
    }),
    fault: () => supervisor.hanging,
    ...{ unreadiness, report, wheel: clock.wheel },
    config: () => live.written,
  });
  undo.defer(() => admin.shutdown());

  const running = { clock, observation, supervisor, reconfiguration, admin };
  const addresses = await listen(running, predecessor);
  const listening = { addresses, adminAddress: admin.address, workers };
  onListening?.(listening);
  hasStarted = true;
  reconfiguration.start();

  undo.move(); // from here on, stop() ends what was started
  return {
    ...listening,
    finished: supervisor.finished,
    reload: (by) => reloads.reload(by),
    stopAsked: stopAsked.promise,
    stop: (timeout = live.resolved.timeouts.drain) => stop(running, timeout),
  };
}

interface FirstRevisionParts {
  readonly observation: Observation;
  readonly revisions: Revisions;
  readonly byHand: ByHand;
  readonly acme: Acme;
}

/**
 * What workers begin with, and the state of its backends: with certificates that were ordered before, and with
 * what was set by hand in the predecessor.
 */
async function firstRevision(
  config: Configuration,
  { observation, revisions, byHand, acme }: FirstRevisionParts,
  predecessor: Predecessor | undefined,
): Promise<Revision> {
  const setByHand = predecessor?.setByHand ?? [];
  const [prepared, certificates] = await Promise.all([
    observation.sources.prepare(config),
    acme.prepare(config),
  ]);
  prepared.commit();
  certificates.commit();
  byHand.takeWeights(setByHand);
  const first = revisions.make(acme.apply(byHand.apply(prepared.resolved)));
  revisions.adopt(first);
  observation.take(first.config);
  await observation.pools.update(first.config, first.state);
  byHand.takeDrains(setByHand);
  return first;
}

/** What listens, and what goes on beside it. */
interface RunningParts {
  readonly clock: Clock;
  readonly observation: Observation;
  readonly supervisor: Supervisor;
  readonly reconfiguration: Reconfiguration;
  readonly admin: AdminPort;
}

/** Listens, and serves; the predecessor, if there is one, is stopped. @returns where requests come in */
async function listen(
  { observation, supervisor, reconfiguration, admin }: RunningParts,
  predecessor: Predecessor | undefined,
): Promise<readonly Deno.NetAddr[]> {
  if (predecessor === undefined) await admin.open();
  const addresses = await supervisor.start(
    predecessor?.ports ?? new Set(),
    predecessor?.sockets,
  );
  observation.pools.watch();
  if (predecessor !== undefined) {
    const { drain } = reconfiguration.live.resolved.timeouts;
    await stopOrGiveUp(predecessor, () => supervisor.drain(drain, 0));
    await admin.openLater();
  }
  return addresses;
}

/** See {@linkcode Balancer.stop}. */
async function stop(
  { clock, observation, supervisor, reconfiguration, admin }: RunningParts,
  timeout: number,
): Promise<number> {
  const ending = Promise.all(
    [observation, reconfiguration].map((part) => part[Symbol.asyncDispose]()),
  );
  const cut = await supervisor.drain(timeout, Math.min(STOP_GRACE_MS, timeout));
  admin.shutdown();
  await deadline(ending, STOP_WAIT_MS).catch(ignoreTimeout);
  clock[Symbol.dispose]();
  return cut;
}

/** Makes hashes that clients cannot foresee. */
function newSeed(): number {
  return crypto.getRandomValues(new Int32Array(1))[0]!;
}

function info(message: string): void {
  log("info", message);
}

function warn(warning: string): void {
  log("warn", warning);
}

function logIgnoredProxies(): void {
  for (const name of ignoreProxyVariables()) {
    info(`${name} is not used: backends are reached directly`);
  }
}
