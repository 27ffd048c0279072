/** The configuration in force, and the one way in which it changes: one change after the other, all or nothing. */
import type { Configuration } from "../config/model.ts";
import type { Acme } from "./acme.ts";
import type { PreparedAcme } from "./acme_certificates.ts";
import type { BackendSources } from "./backend_sources.ts";
import type { ObservedPools } from "./observed_pools.ts";
import type { ResolvedConfiguration, Revision } from "./revision.ts";
import type { Revisions } from "./revisions.ts";
import type { Supervisor } from "./supervisor.ts";

export interface LiveConfigurationOptions {
  /** When all workers serve: what is to be changed before that waits. */
  readonly started: Promise<void>;
  readonly revisions: Revisions;
  readonly supervisor: Pick<Supervisor, "change">;
  readonly pools: Pick<ObservedPools, "update">;
  readonly sources: Pick<BackendSources, "prepare" | "resolve">;
  readonly acme: Pick<Acme, "prepare">;
  /** Puts what is set by hand, and certificates that were ordered, into a configuration. */
  readonly adjust: (config: ResolvedConfiguration) => ResolvedConfiguration;
  /** Called when a change has taken effect. */
  readonly onChanged: (changed: Changed) => void;
}

/** The configuration before a change and after it. */
export interface Changed {
  readonly before: ResolvedConfiguration;
  readonly after: ResolvedConfiguration;
}

export class LiveConfiguration {
  readonly #options: LiveConfigurationOptions;
  #written: Configuration;
  #resolved: ResolvedConfiguration;
  #changing: Promise<unknown>;

  /** @param first what workers began with */
  constructor(written: Configuration, first: Revision, options: LiveConfigurationOptions) {
    this.#written = written;
    this.#resolved = first.config;
    this.#options = options;
    this.#changing = options.started;
  }

  /** As it was written. */
  get written(): Configuration {
    return this.#written;
  }

  /** With the backends that are known. */
  get resolved(): ResolvedConfiguration {
    return this.#resolved;
  }

  /**
   * Changes to another configuration, after changes that have been asked for before.
   *
   * @returns why it cannot be used: then nothing has changed
   */
  change(written: Configuration): Promise<Changed | string> {
    return this.#enqueue(async () => {
      const { sources, acme } = this.#options;
      const parts: Pick<PreparedAcme, "commit" | "abandon">[] = [];
      let changed: Changed | string | undefined;
      try {
        parts.push(await acme.prepare(written));
        const prepared = await sources.prepare(written);
        parts.push(prepared);
        changed = await this.#apply(prepared.resolved);
      } finally {
        for (const part of parts) {
          if (typeof changed === "object") part.commit();
          else part.abandon();
        }
      }
      if (typeof changed === "string") return changed;
      this.#written = written;
      this.#options.onChanged(changed);
      return changed;
    });
  }

  /**
   * Takes what has changed of the same configuration: the addresses of a name, what is set by hand, or a
   * certificate that was ordered.
   *
   * @returns as {@linkcode change}; undefined if nothing has changed
   */
  refresh(): Promise<Changed | string | undefined> {
    return this.#enqueue(async () => {
      const { sources, adjust, onChanged } = this.#options;
      const resolved = sources.resolve(this.#written);
      if (isSame(adjust(resolved), this.#resolved)) return undefined;
      const changed = await this.#apply(resolved);
      if (typeof changed !== "string") onChanged(changed);
      return changed;
    });
  }

  async #apply(resolved: ResolvedConfiguration): Promise<Changed | string> {
    const { revisions, supervisor, pools, adjust } = this.#options;
    const before = this.#resolved;
    const revision = revisions.make(adjust(resolved));
    const problem = await supervisor.change(revision);
    if (problem !== undefined) return problem;
    // Loading what pools need takes time, in which whoever asks must find pools, state and configuration of
    // one revision.
    await pools.update(revision.config, revision.state);
    revisions.adopt(revision);
    this.#resolved = revision.config;
    return { before, after: revision.config };
  }

  #enqueue<Result>(change: () => Promise<Result>): Promise<Result> {
    const changing = this.#changing.then(change);
    this.#changing = changing.catch(() => {}); // whoever has asked for it learns of that
    return changing;
  }
}

/** Whether nothing was found that differs, in two of the same configuration. */
function isSame(one: ResolvedConfiguration, other: ResolvedConfiguration): boolean {
  const found = ({ pools, listeners }: ResolvedConfiguration) =>
    JSON.stringify([
      Object.values(pools).map(({ backends }) => backends),
      Object.values(listeners).map(({ tls }) => tls?.acme?.loaded?.fingerprint),
    ]);
  return found(one) === found(other);
}
