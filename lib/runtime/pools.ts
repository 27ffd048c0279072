/** The pools of a configuration, with their state in the memory that workers share. */
import { textOf } from "../config/values/content.ts";
import type { PoolEvent } from "../health/events.ts";
import { isSecure, type IsTrusted } from "../http/trusted_proxies.ts";
import type { Backend } from "../backends/backend.ts";
import { createPool } from "../pool/create_pool.ts";
import type { Sticky } from "../pool/sticky.ts";
import { RetryBudget } from "../retry_budget.ts";
import type { ServingPool } from "../routing/route.ts";
import { BUDGET, POOL, poolRecords } from "../shared_memory/layout.ts";
import type { SharedState } from "../shared_memory/state.ts";
import type { Clock } from "../time/clock.ts";
import { createBackends, type Sharer } from "./backends.ts";
import type { ResolvedConfiguration, ResolvedPool } from "./revision.ts";

export interface PoolsOptions extends Sharer {
  readonly isTrusted: IsTrusted;
  readonly clock: Clock;
  /** @param pool its name */
  readonly onEvent: (event: PoolEvent, pool: string) => void;
}

/** Creates all pools, by their names. @param state of all of them */
export async function createPools(
  { pools }: Pick<ResolvedConfiguration, "pools">,
  state: SharedState,
  options: PoolsOptions,
): Promise<ReadonlyMap<string, ServingPool>> {
  const created = Object.entries(pools).map(async ([name, config]) =>
    [name, await createServingPool(name, config, state, options)] as const
  );
  return new Map(await Promise.all(created));
}

async function createServingPool(
  name: string,
  config: ResolvedPool,
  { pools }: SharedState,
  options: PoolsOptions,
): Promise<ServingPool> {
  const { worker, isTrusted, clock, onEvent } = options;
  const state = pools.get(name)!;
  const records = poolRecords(state.buffer);
  const backends = createBackends(config, state, options);
  const pool = createPool(config, {
    backends,
    sticky: await loadSticky(config, backends, isTrusted),
    isTrusted,
    clock,
    random: Math.random,
    cells: records.record(POOL),
    worker,
    onEvent: (event) => onEvent(event, name),
  });
  const budget = new RetryBudget(config.retry.budget, records.record(BUDGET));
  return { name, config, pool, budget };
}

/**
 * It is loaded if it is used: its memory would be held as long as this runs.
 *
 * @returns undefined if sticky sessions are off
 */
async function loadSticky(
  { sticky }: Pick<ResolvedPool, "sticky">,
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
