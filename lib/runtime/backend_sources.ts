/**
 * Finds the backends of a configuration: those that are written, those that files list, and those that names
 * stand for at the moment. What finds the latter is loaded only if a configuration has such names: its memory
 * would be held as long as this runs.
 */
import { deadline } from "@std/async/deadline";
import { idOf } from "../backends/backend.ts";
import { firstOf } from "../config/differences.ts";
import type { Configuration, DiscoveredConfig, PoolConfig } from "../config/model.ts";
import { keyOf, type ListedBackend } from "../config/values/listed_backend.ts";
import { findOwnListener } from "../config/values/own_listener.ts";
import type { Discovery, Subscription } from "../discovery/discovery.ts";
import type { DiscoverySettings } from "../discovery/options.ts";
import type { Resolve } from "../net/resolver/resolver.ts";
import { ignoreTimeout } from "../time/ignore_timeout.ts";
import type { Wheel } from "../time/timer_wheel.ts";
import type { ResolvedBackend, ResolvedConfiguration } from "./revision.ts";

export interface BackendSourcesOptions {
  readonly wheel: Wheel;
  /** 0 up to 1. */
  readonly random: () => number;
  /** In milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Called when the backends of the configuration in force may have changed. */
  readonly onChange: () => void;
  readonly onWarning: (warning: string) => void;
  readonly onInfo: (message: string) => void;
}

/** How long a start or a reload waits for the first answers about names, in milliseconds. */
const FIRST_ANSWERS_MS = 2_000;

/** How many of those that are found and not used a line of the log names. */
const MAX_REFUSED = 10;

/** A configuration whose names are being resolved, and which may take the place of the one before. */
export interface PreparedSources {
  readonly resolved: ResolvedConfiguration;
  /** It is in force. */
  commit(): void;
  /** It is not. */
  abandon(): void;
}

/** What is known of a name that stands for backends of a pool. */
export interface SourceStatus {
  /** The entry of the configuration, such as `dns+http://users:5000`. */
  readonly source: string;
  /** When it was resolved last, in milliseconds since 1970; undefined if it never was. */
  readonly lastSuccess: number | undefined;
  /** Why it cannot be resolved, or not wholly; undefined if it can. */
  readonly problem: string | undefined;
  /** How many backends it stands for. */
  readonly backends: number;
}

/** A name that a pool uses. */
interface UsedSource {
  readonly pool: string;
  readonly source: DiscoveredConfig;
  readonly subscription: Subscription;
}

export class BackendSources implements AsyncDisposable {
  readonly #options: BackendSourcesOptions;
  #used: readonly UsedSource[] = [];
  #discovery: Discovery | undefined;
  #settings: DiscoverySettings | undefined;
  /** What the log has been told of what is found and not used. */
  #refused: ReadonlySet<string> = new Set();
  /** Asks the system's servers, and knows which of them answer: a reload keeps it. */
  #askSystem: Resolve | undefined;

  constructor(options: BackendSourcesOptions) {
    this.#options = options;
  }

  /** What is known of the names of a pool. */
  statusOf(pool: string): readonly SourceStatus[] {
    const names = this.#discovery?.status() ?? [];
    return this.#used.filter((used) => used.pool === pool).map(({ source, subscription }) => {
      const { kind, name } = source.source;
      const status = names.find((status) => status.kind === kind && status.name === name);
      return {
        source: keyOf(source),
        lastSuccess: status?.lastSuccess,
        problem: status?.problem,
        backends: subscription.found.backends.length,
      };
    });
  }

  /** Begins to resolve the names of a configuration, and waits a moment for those that are new. */
  async prepare(config: Configuration): Promise<PreparedSources> {
    const sources = sourcesOf(config);
    const before = this.#settings;
    if (sources.length > 0) this.#use(await this.#settingsOf(config));
    const used = sources.map(({ pool, source }) => ({
      pool,
      source,
      subscription: this.#discovery!.add(source, () => {
        this.#warnOfRefused();
        this.#options.onChange();
      }),
    }));
    if (used.length > 0) {
      await deadline(this.#discovery!.firstAnswers(), FIRST_ANSWERS_MS).catch(ignoreTimeout);
    }
    return {
      resolved: resolve(config, used),
      commit: () => {
        dispose(this.#used);
        this.#used = used;
        this.#warnOfRefused();
      },
      abandon: () => {
        dispose(used);
        if (before !== undefined) this.#use(before);
      },
    };
  }

  /** The configuration in force, with the backends that are known now. */
  resolve(config: Configuration): ResolvedConfiguration {
    return resolve(config, this.#used);
  }

  /** A connection to this backend could not be made: a name that it comes from is resolved soon. */
  connectFailed(url: string): void {
    this.#discovery?.connectFailed(url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#discovery?.[Symbol.asyncDispose]();
  }

  async #settingsOf({ dns, listeners }: Configuration): Promise<DiscoverySettings> {
    const { createResolver } = await import("../net/resolver/resolver.ts");
    const { Discovery } = await import("../discovery/discovery.ts");
    const { wheel, random, wallClock, onWarning, onInfo } = this.#options;
    const { server } = dns;
    const settings = {
      resolve: server === undefined
        ? this.#askSystem ??= createResolver({ wheel, server })
        : createResolver({ wheel, server }),
      maxAgeMs: dns.maxAge,
      isOwn: (hostname: string, port: number) =>
        findOwnListener(listeners, hostname, port) !== undefined,
    };
    this.#discovery ??= new Discovery({
      ...settings,
      wheel,
      random,
      wallClock,
      onProblem: (name, problem, isPartial) =>
        onWarning(
          isPartial
            ? `${name} is resolved in part: ${problem}`
            : `${name} cannot be resolved: ${problem}`,
        ),
      onRecovery: (name) => onInfo(`${name} can be resolved again`),
    });
    return settings;
  }

  /** Says once what is found and not used. */
  #warnOfRefused(): void {
    const refused = new Set(
      this.#used.flatMap(({ source, subscription }) =>
        // The log limits warnings by what stands before a colon: each of these is one of its own.
        subscription.found.refused.map((sentence) => `${sentence} (${source.source.name})`)
      ),
    );
    const news = [...refused.difference(this.#refused)];
    this.#refused = refused;
    if (news.length > 0) this.#options.onWarning(firstOf(news, MAX_REFUSED).join("; "));
  }

  #use(settings: DiscoverySettings): void {
    this.#settings = settings;
    this.#discovery!.change(settings);
  }
}

function dispose(used: readonly UsedSource[]): void {
  for (const { subscription } of used) subscription[Symbol.dispose]();
}

/** The names that stand for backends. */
function sourcesOf({ pools }: Configuration): readonly Omit<UsedSource, "subscription">[] {
  return Object.entries(pools).flatMap(([pool, config]) =>
    listedIn(config).flatMap((listed) => "source" in listed ? [{ pool, source: listed }] : [])
  );
}

/** The entries of a pool, with those of the files that list some. */
function listedIn({ backends }: PoolConfig): readonly ListedBackend[] {
  return backends.flatMap((entry) =>
    "file" in entry
      ? entry.backends.map((listed) => ({ ...listed, backup: listed.backup || entry.backup }))
      : [entry]
  );
}

function resolve(config: Configuration, used: readonly UsedSource[]): ResolvedConfiguration {
  const pools = Object.entries(config.pools).map(([name, pool]) => {
    const backends = listedIn(pool).flatMap((listed): readonly ResolvedBackend[] => {
      if (!("source" in listed)) return [listed];
      const source = keyOf(listed);
      const found = used.find((one) => one.pool === name && keyOf(one.source) === source);
      return (found?.subscription.found.backends ?? [])
        .map((backend) => ({ ...backend, source }));
    });
    return [name, { ...pool, backends: withoutRepeats(backends) }] as const;
  });
  return { ...config, pools: Object.fromEntries(pools) };
}

/** Two names may stand for the same address: it is one backend, as the first of them says. */
function withoutRepeats(backends: readonly ResolvedBackend[]): readonly ResolvedBackend[] {
  const byId = new Map<string, ResolvedBackend>();
  for (const backend of backends) {
    const id = idOf(backend.url);
    if (!byId.has(id)) byId.set(id, backend);
  }
  return [...byId.values()];
}
