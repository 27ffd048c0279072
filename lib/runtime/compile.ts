/** Compiles revisions to snapshots, for one worker. */
import type { Backend } from "../backends/backend.ts";
import type { Snapshot } from "../engines/engine.ts";
import { UNIX_PEER } from "../http/peer.ts";
import { remembering } from "../http/trusted_proxies.ts";
import { type AccessEntry, type LineFormat, lineFormatter } from "../logging/access_log.ts";
import { isLogged, withoutQuery } from "../logging/log_choice.ts";
import { compilePages, compileRoutes } from "../routing/route.ts";
import { loadConditionTools } from "../routing/tools.ts";
import { wayRecords, WORKER_WAY } from "../shared_memory/layout.ts";
import { wayId } from "../shared_memory/state.ts";
import { StatusCounts } from "../shared_memory/status_counts.ts";
import type { Clock } from "../time/clock.ts";
import type { Sharer } from "./backends.ts";
import type { GuardToolbox } from "./guard_tools.ts";
import type { LineBatch } from "./line_batch.ts";
import type { Notice } from "./messages.ts";
import { createPools } from "./pools.ts";
import { httpsPortsOf, type ResolvedConfiguration, type Revision } from "./revision.ts";

/** What a worker has as long as it runs. */
export interface CompileOptions extends Sharer {
  readonly clock: Clock;
  readonly guards: GuardToolbox;
  /** This balancer's name in Via, unless the configuration gives it one. */
  readonly instanceName: string;
  /** How access log lines are written, whatever the configuration says. */
  readonly logFormat: LineFormat | undefined;
  readonly batch: LineBatch;
  readonly notify: (notice: Notice) => void;
}

export interface Compiled {
  readonly snapshot: Snapshot;
  readonly backends: readonly Backend[];
}

export async function compile(
  revision: Revision,
  options: CompileOptions,
): Promise<Compiled> {
  const { config, limits, state } = revision;
  const { guards, clock, worker, workers, notify } = options;
  const isTrusted = remembering(await loadTrust(config.trustedProxies));
  const pools = await createPools(config, state, {
    worker,
    workers,
    isTrusted,
    clock,
    onEvent: (event, pool) => notify({ kind: "event", event, pool }),
  });
  const guardTools = await guards.load(revision);
  return {
    snapshot: {
      routes: compileRoutes(config, {
        pools,
        guardTools,
        countsOf: countsIn(revision, options),
        random: Math.random,
      }),
      conditions: await loadConditionTools(config.routes.map(({ match }) => match)),
      errorPages: compilePages(config.errorPages),
      instanceName: config.instance ?? options.instanceName,
      limits,
      httpsPorts: httpsPortsOf(config),
      challenges: await loadChallenges(config, options),
      isTrusted,
      logFields: config.log.fields,
      onRequest: accessLog(config, options),
    },
    backends: [...pools.values()].flatMap(({ pool }) => pool.backends),
  };
}

/** Finds the counts of requests of a route to a pool, or of those that it answers itself. */
export function countsIn(
  { state }: Pick<Revision, "state">,
  { worker, workers }: Sharer,
): (route: string, pool?: string) => StatusCounts {
  return (route, pool) => {
    const records = wayRecords(workers, state.ways.get(wayId(route, pool))!);
    return new StatusCounts(records.record(WORKER_WAY, worker).requests);
  };
}

/** @returns undefined if there is none */
function accessLog(
  { log }: ResolvedConfiguration,
  { logFormat, batch }: CompileOptions,
): ((entry: AccessEntry) => void) | undefined {
  const kind = logFormat ?? (log.access === "off" ? undefined : log.access);
  if (kind === undefined) return undefined;
  const format = lineFormatter(kind);
  return (entry) => {
    if (isLogged(entry, log, Math.random)) batch.write(format(withoutQuery(entry, log)));
  };
}

/** @returns what answers the challenges of all stores; undefined if there are none */
async function loadChallenges(
  { listeners }: ResolvedConfiguration,
  { clock, notify }: CompileOptions,
): Promise<Snapshot["challenges"]> {
  const stores = new Set(Object.values(listeners).flatMap(({ tls }) => tls?.acme?.store ?? []));
  if (stores.size === 0) return undefined;
  const { ChallengeAnswers } = await import("../acme/challenge_answers.ts");
  const all = [...stores].map((store) =>
    new ChallengeAnswers({
      ...{ store, wheel: clock.wheel },
      onProblem: (error) =>
        notify({ kind: "warning", message: `challenges in ${store} cannot be read: ${error}` }),
    })
  );
  return async (token) => {
    const answers = await Promise.all(all.map((answers) => answers.answer(token)));
    return answers.find((answer) => answer !== undefined);
  };
}

/** Whether a peer is trusted: by its network, or as it is on a unix socket. */
async function loadTrust(trusted: readonly string[]): Promise<(address: string) => boolean> {
  const isInNetworks = await loadAddressList(trusted.filter((entry) => entry !== "unix"));
  if (!trusted.includes("unix")) return isInNetworks;
  return (address) => address === UNIX_PEER || isInNetworks(address);
}

/** What only some settings need is loaded if they are set: its memory would be held as long as this runs. */
async function loadAddressList(networks: readonly string[]): Promise<(address: string) => boolean> {
  if (networks.length === 0) return () => false;
  const { belongsTo } = await import("../net/address_list.ts");
  return belongsTo(networks);
}
