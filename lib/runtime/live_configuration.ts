/** The configuration in force, and the one way in which it changes: one change after the other, all or nothing. */
import type { Configuration } from "../config/model.ts";
import type { ObservedPools } from "./observed_pools.ts";
import type { ResolvedConfiguration, Revision } from "./revision.ts";
import type { Revisions } from "./revisions.ts";
import type { Supervisor } from "./supervisor.ts";

export interface LiveConfigurationOptions {
  readonly revisions: Revisions;
  readonly supervisor: Pick<Supervisor, "change">;
  readonly pools: Pick<ObservedPools, "update">;
  /** Finds the backends of a configuration, as they are known at the moment. */
  readonly resolve: (config: Configuration) => ResolvedConfiguration;
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
  #changing: Promise<unknown> = Promise.resolve();

  /** @param first what workers began with */
  constructor(written: Configuration, first: Revision, options: LiveConfigurationOptions) {
    this.#written = written;
    this.#resolved = first.config;
    this.#options = options;
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
   * @param next makes it of the one in force by then; by default the same one, to be resolved again
   * @returns why it cannot be used: then nothing has changed
   */
  change(next: (written: Configuration) => Configuration = same): Promise<Changed | string> {
    const changing = this.#changing.then(() => this.#change(next(this.#written)));
    this.#changing = changing.catch(() => {}); // whoever has asked for it learns of that
    return changing;
  }

  async #change(written: Configuration): Promise<Changed | string> {
    const { revisions, supervisor, pools, resolve, onChanged } = this.#options;
    const before = this.#resolved;
    const revision = revisions.make(resolve(written));
    const problem = await supervisor.change(revision);
    if (problem !== undefined) return problem;
    revisions.adopt(revision);
    this.#written = written;
    this.#resolved = revision.config;
    await pools.update(revision.config, revision.state);
    const changed = { before, after: revision.config };
    onChanged(changed);
    return changed;
  }
}

function same(written: Configuration): Configuration {
  return written;
}
