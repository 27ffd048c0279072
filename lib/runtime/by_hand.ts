/**
 * What the operator sets by hand: drains and weights of backends. Both last through reloads, but not through
 * a restart, unless another balancer takes this one's place; a weight that the file changes wins.
 */
import type { Changed, Control } from "../admin/control.ts";
import type { Backend } from "../backends/backend.ts";
import { POOL, poolRecords } from "../shared_memory/layout.ts";
import type { SharedState } from "../shared_memory/state.ts";
import type { LiveConfiguration } from "./live_configuration.ts";
import type { ObservedPools } from "./observed_pools.ts";
import type { SetByHand } from "./predecessor.ts";
import type { ResolvedConfiguration } from "./revision.ts";

export interface ByHandOptions {
  readonly pools: Pick<ObservedPools, "all">;
  /** Puts in force what has changed: see {@linkcode LiveConfiguration.refresh}. */
  readonly refresh: LiveConfiguration["refresh"];
  readonly state: () => SharedState;
  /** Whether the balancer is stopping: then nothing is changed. */
  readonly isStopping: () => boolean;
  /** Reports for the log. */
  readonly log: (message: string) => void;
}

/** A weight set by hand, and the one that the configuration had then. */
interface Weight {
  readonly weight: number;
  readonly written: number;
}

export class ByHand implements Pick<Control, "drain" | "ready" | "setWeight"> {
  readonly #options: ByHandOptions;
  /** By pool and URL. */
  readonly #weights = new Map<string, Weight>();
  /** One weight is set after the other, as each is compared with the one that applies. */
  #setting: Promise<unknown> = Promise.resolve();

  constructor(options: ByHandOptions) {
    this.#options = options;
  }

  readonly drain = (pool: string, url: string): Promise<Changed> =>
    this.#change(pool, url, (backend) => this.#setMode(pool, backend, "draining"));

  readonly ready = (pool: string, url: string): Promise<Changed> =>
    this.#change(pool, url, (backend) => this.#setMode(pool, backend, "ready"));

  readonly setWeight = (pool: string, url: string, weight: number): Promise<Changed> => {
    const setting = this.#setting.then(() => this.#setWeight(pool, url, weight));
    this.#setting = setting.catch(() => {}); // whoever has asked for it learns of that
    return setting;
  };

  /** Keeps the weights that were set in the balancer whose place this one takes: {@linkcode apply} uses them. */
  takeWeights(set: readonly SetByHand[]): void {
    for (const { pool, url, weight, configuredWeight } of set) {
      if (weight === configuredWeight) continue;
      this.#weights.set(keyOf(pool, url), { weight, written: configuredWeight });
    }
  }

  /** Drains what was drained there, and reports what is kept of it, and what is not. */
  takeDrains(set: readonly SetByHand[]): void {
    for (const { pool, url, draining, weight, configuredWeight } of set) {
      const backend = this.#find(pool, url);
      if ("kind" in backend) {
        this.#options.log(`pool ${pool}: ${url} is not there: what was set by hand is dropped`);
        continue;
      }
      if (draining) this.#setMode(pool, backend, "draining");
      if (weight === configuredWeight) continue;
      const isKept = this.#weights.has(keyOf(pool, url));
      const kept = `has the weight ${weight}, set by hand`;
      const dropped = `has the weight ${backend.weight}, as the configuration has changed it`;
      this.#log(pool, backend, isKept ? kept : dropped);
    }
  }

  /** The weight that the configuration gives a backend. */
  configuredWeight(pool: string, { url, weight }: Backend): number {
    return this.#weights.get(keyOf(pool, url))?.written ?? weight;
  }

  /** Whether the drain or the weight of a backend is set by hand. */
  isSet(pool: string, { url, mode }: Backend): boolean {
    return mode === "draining" || this.#weights.has(keyOf(pool, url));
  }

  /** A configuration with the weights that are set by hand. What the file has changed since is forgotten. */
  apply(config: ResolvedConfiguration): ResolvedConfiguration {
    if (this.#weights.size === 0) return config;
    const named = new Set<string>();
    const pools = Object.entries(config.pools).map(([name, pool]) => {
      const backends = pool.backends.map((backend) => {
        const key = keyOf(name, backend.url);
        const set = this.#weights.get(key);
        if (set?.written !== backend.weight) return backend;
        named.add(key);
        return { ...backend, weight: set.weight };
      });
      return [name, { ...pool, backends }] as const;
    });
    for (const key of this.#weights.keys()) if (!named.has(key)) this.#weights.delete(key);
    return { ...config, pools: Object.fromEntries(pools) };
  }

  #setWeight(pool: string, url: string, weight: number): Promise<Changed> {
    return this.#change(pool, url, async (backend) => {
      const key = keyOf(pool, url);
      const before = this.#weights.get(key);
      const { written = backend.weight } = before ?? {};
      if (weight === backend.weight) return;
      if (weight === written) this.#weights.delete(key);
      else this.#weights.set(key, { weight, written });
      const changed = await this.#options.refresh();
      if (typeof changed === "string") {
        if (before === undefined) this.#weights.delete(key);
        else this.#weights.set(key, before);
        throw new Error(`Cannot set the weight of ${url}: ${changed}`);
      }
      this.#log(pool, backend, `has the weight ${weight}, set by hand`);
    });
  }

  async #change(
    pool: string,
    url: string,
    change: (backend: Backend) => void | Promise<void>,
  ): Promise<Changed> {
    const { isStopping } = this.#options;
    if (isStopping()) return { kind: "stopping" };
    const before = this.#find(pool, url);
    if ("kind" in before) return before;
    await change(before);
    const after = this.#find(pool, url);
    if ("kind" in after) return after;
    const { inFlight, mode, weight } = after;
    return { kind: "changed", inFlight, draining: mode === "draining", weight };
  }

  #find(pool: string, url: string): Backend | Exclude<Changed, { readonly kind: "changed" }> {
    const { all } = this.#options.pools;
    const serving = all.get(pool);
    if (serving === undefined) return { kind: "unknown pool", pools: [...all.keys()] };
    const { backends } = serving.pool;
    return backends.find((backend) => backend.url === url) ??
      { kind: "unknown backend", backends: backends.map(({ url }) => url) };
  }

  #setMode(pool: string, backend: Backend, mode: "draining" | "ready"): void {
    if (backend.mode === mode) return;
    backend.mode = mode;
    poolRecords(this.#options.state().pools.get(pool)!.buffer).record(POOL).generation.add(1);
    this.#log(
      pool,
      backend,
      mode === "draining" ? "is drained by hand" : "is ready again, by hand",
    );
  }

  #log(pool: string, { id }: Backend, what: string): void {
    this.#options.log(`pool ${pool}: ${id} ${what}`);
  }
}

function keyOf(pool: string, url: string): string {
  return `${pool} ${url}`;
}
