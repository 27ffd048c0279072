/** The pools of a configuration, with their state in the memory that workers share. */
import type { Configuration, PoolConfig } from "../config/model.ts";
import { textOf } from "../config/values/content.ts";
import type { PoolEvent } from "../health/events.ts";
import { isSecure, type IsTrusted } from "../http/trusted_proxies.ts";
import type { Backend } from "../backends/backend.ts";
import { createPool } from "../pool/create_pool.ts";
import type { Sticky } from "../pool/sticky.ts";
import { RetryBudget } from "../retry_budget.ts";
import type { ServingPool } from "../routing/route.ts";
import type { Extent, SharedMemory } from "../shared_memory/layout.ts";
import type { Clock } from "../time/clock.ts";
import { createBackends } from "./backends.ts";
import { countedRoutes } from "./guard_tools.ts";

export interface PoolsOptions {
  readonly memory: SharedMemory;
  /** The number of the worker that will use them; 0 is the control plane. */
  readonly worker: number;
  readonly isTrusted: IsTrusted;
  readonly clock: Clock;
  /** @param pool its name */
  readonly onEvent: (event: PoolEvent, pool: string) => void;
}

/** How much memory workers share for a configuration. @param workers of them, without the supervisor */
export function extentOf(config: Configuration, workers: number): Extent {
  return {
    pools: Object.values(config.pools).map(({ backends }) => backends.length),
    routes: countedRoutes(config).length,
    workers: 1 + workers,
  };
}

/** Creates all pools, by their names. */
export async function createPools(
  { pools }: Configuration,
  options: PoolsOptions,
): Promise<ReadonlyMap<string, ServingPool>> {
  const created = Object.entries(pools).map(async ([name, config], place) =>
    [name, await createServingPool(name, config, place, options)] as const
  );
  return new Map(await Promise.all(created));
}

async function createServingPool(
  name: string,
  config: PoolConfig,
  place: number,
  { memory, worker, isTrusted, clock, onEvent }: PoolsOptions,
): Promise<ServingPool> {
  const backends = createBackends(memory, config, worker, place);
  const pool = createPool(config, {
    backends,
    sticky: await loadSticky(config, backends, isTrusted),
    isTrusted,
    clock,
    random: Math.random,
    cells: memory.pool(place),
    worker,
    onEvent: (event) => onEvent(event, name),
  });
  const budget = new RetryBudget(config.retry.budget, memory.budget(place));
  return { name, config, pool, budget };
}

/**
 * It is loaded if it is used: its memory would be held as long as this runs.
 *
 * @returns undefined if sticky sessions are off
 */
async function loadSticky(
  { sticky }: PoolConfig,
  backends: readonly Backend[],
  isTrusted: IsTrusted,
): Promise<Sticky | undefined> {
  if (sticky?.cookie === undefined) return undefined;
  const { cookie, secret } = sticky;
  const { Sticky } = await import("../pool/sticky.ts");
  return new Sticky({
    backends,
    cookie,
    secret: secret && textOf(secret),
    isSecure: (request) => isSecure(request, isTrusted),
  });
}
