/** Starts one engine from the text of a configuration file, over real sockets, and stops it after the test. */
import type { Engine } from "../../lib/engines/engine.ts";
import { ENGINES } from "../../lib/engines/mod.ts";
import type { AccessEntry } from "../../lib/logging/access_log.ts";
import { belongsTo } from "../../lib/net/address_list.ts";
import { compilePages, compileRoutes, type ServingPool } from "../../lib/routing/route.ts";
import { loadConditionTools } from "../../lib/routing/tools.ts";
import { startConnectChecking } from "../../lib/runtime/connect_checking.ts";
import { GuardToolbox } from "../../lib/runtime/guard_tools.ts";
import { createPools } from "../../lib/runtime/pools.ts";
import { requestsInFlight } from "../../lib/runtime/reclaim.ts";
import { countsIn } from "../../lib/runtime/compile.ts";
import { StatusCounts } from "../../lib/shared_memory/status_counts.ts";
import { startClock } from "../../lib/time/clock.ts";
import { type EngineName, TCP_SOCKETS } from "./balancer.ts";
import { ENGINE_NAMES } from "./each_engine.ts";
import { configurationOf } from "./configuration_file.ts";
import { firstRevision, ONLY_WORKER } from "./revision.ts";

/**
 * A configuration file: its text, or what it would hold. `${NAME}` stands for a URL that the test knows only
 * once it runs.
 */
export type ConfigurationFile = string | Readonly<Record<string, unknown>>;

export interface ConfiguredOptions {
  readonly engine: EngineName;
  /** What `${NAME}` in the file stands for. */
  readonly urls?: Readonly<Record<string, string>>;
  /** Chooses the sides of splits; by default Math.random. */
  readonly random?: () => number;
  /** The listeners that redirect to https, and to which port; by default none does. */
  readonly httpsPorts?: ReadonlyMap<string, number>;
  /** What answers tokens of ACME; by default nothing does. */
  readonly challenges?: (token: string) => Promise<string | undefined>;
}

export interface Configured extends AsyncDisposable {
  readonly engine: Engine;
  /** Of the first listener. */
  readonly port: number;
  /** Of each listener, by its name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly pools: ReadonlyMap<string, ServingPool>;
  /** The access log so far. */
  readonly entries: AccessEntry[];
  /** The failures and recoveries of backends, each with the name of its pool. */
  readonly changes: string[];
  /** Faults of the balancer's own: must stay empty. */
  readonly errors: unknown[];
  /** The warnings for the operator. */
  readonly warnings: string[];
}

/** @throws with every error of the configuration */
export async function startConfigured(
  file: ConfigurationFile,
  { engine: name, urls = {}, random = Math.random, httpsPorts, challenges }: ConfiguredOptions,
): Promise<Configured> {
  const text = typeof file === "string" ? file : JSON.stringify(file, null, 2);
  const config = await configurationOf(text, { ENGINE: name }, urls);
  const entries: AccessEntry[] = [];
  const changes: string[] = [];
  const errors: unknown[] = [];
  const warnings: string[] = [];
  const clock = startClock();
  const { revision, process } = firstRevision(config);
  const isTrusted = belongsTo(config.trustedProxies);
  const pools = await createPools(revision.config, revision.state, {
    ...ONLY_WORKER,
    isTrusted,
    clock,
    onEvent(event, pool) {
      const subject = "backend" in event ? `${event.backend} ` : "";
      changes.push(`${pool}: ${subject}${event.kind}`);
    },
  });
  const guards = new GuardToolbox(ONLY_WORKER, 1, (error) => errors.push(error));
  const guardTools = await guards.load(revision);
  const listeners = revision.listeners.map(({ name }) => name);
  const serving = (await ENGINES[name]())({
    snapshot: {
      routes: compileRoutes(config, {
        pools,
        guardTools,
        countsOf: countsIn(revision, ONLY_WORKER),
        random,
      }),
      errorPages: compilePages(config.errorPages),
      conditions: await loadConditionTools(config.routes.map(({ match }) => match)),
      instanceName: config.instance ?? "roundabout",
      limits: revision.limits,
      httpsPorts,
      challenges,
      isTrusted,
      logFields: config.log.fields,
      onRequest: (entry) => entries.push(entry),
    },
    rateClock: () => performance.now(),
    clock,
    listeners: revision.listeners,
    reusePort: false,
    sockets: TCP_SOCKETS,
    requests: requestsInFlight(process, ONLY_WORKER.worker),
    localReplies: new StatusCounts(),
    onError: (error) => errors.push(error),
    onWarning: (warning) => warnings.push(warning),
  });
  const checks = [...pools.values()].map(({ pool, config }) =>
    startConnectChecking(() => ({ pool, timeout: config.timeouts.connect }), clock, Math.random)
  );
  const ports = serving.addresses.map(({ port }) => port);
  return {
    engine: serving,
    port: ports[0]!,
    ports: Object.fromEntries(listeners.map((name, index) => [name, ports[index]!])),
    pools,
    entries,
    changes,
    errors,
    warnings,
    async [Symbol.asyncDispose]() {
      await serving.drain(5_000, 0);
      guards.retain({ routes: [] });
      for (const check of checks) await check[Symbol.asyncDispose]();
      clock[Symbol.dispose]();
      if (errors.length > 0) throw errors[0];
    },
  };
}

/** What a test needs that holds for every engine. */
export interface ConfiguredTest {
  readonly engine: EngineName;
  /** Starts a balancer with this engine. */
  readonly start: (
    file: ConfigurationFile,
    options?: Omit<ConfiguredOptions, "engine">,
  ) => Promise<Configured>;
  /** Registers a test that names the engine. */
  readonly test: (name: string, run: () => Promise<void>) => void;
}

/** Defines the same tests for each engine. */
export function forEachConfiguredEngine(define: (test: ConfiguredTest) => void): void {
  for (const engine of ENGINE_NAMES) {
    define({
      engine,
      start: (file, options) => startConfigured(file, { ...options, engine }),
      test: (name, run) => Deno.test(`${engine} engine: ${name}`, run),
    });
  }
}
