/** Creates a pool from the settings: for the program itself, and for simulations. */
import type { Backend } from "../backends/backend.ts";
import type { IsTrusted } from "../http/trusted_proxies.ts";
import type { Clock } from "../time/clock.ts";
import { createHashKey } from "./hash_key.ts";
import type { PoolEvent } from "../health/events.ts";
import type { PoolConfig } from "../config/model.ts";
import { POLICIES } from "../policies/mod.ts";
import type { Policy } from "../policies/policy.ts";
import { Pool } from "./pool.ts";
import type { Sticky } from "./sticky.ts";
import type { CellRecord } from "../shared_memory/cells.ts";
import type { POOL } from "../shared_memory/layout.ts";

/** The settings that a pool depends on. */
export type PoolSettings = Pick<
  PoolConfig,
  "policy" | "limits" | "ejection" | "health" | "slowStart"
>;

/** For a pool without probes: no backend is ever found up or down by them. */
const NO_PROBES = { rise: 1, fall: 1 };

/** What else a pool needs. */
export interface PoolParts {
  readonly backends: readonly Backend[];
  /** Ties clients to backends; undefined ties none. */
  readonly sticky?: Sticky | undefined;
  readonly isTrusted: IsTrusted;
  readonly clock: Pick<Clock, "now" | "precisely">;
  /** 0 up to 1. */
  readonly random: () => number;
  readonly onEvent: (event: PoolEvent) => void;
  /** The pool's cells in the memory that workers share; by default its own. */
  readonly cells?: CellRecord<typeof POOL>;
  /** The number of this worker; by default 0. */
  readonly worker?: number;
}

export function createPool(settings: PoolSettings, parts: PoolParts): Pool {
  const { clock } = parts;
  const { ejection, health, limits, slowStart } = settings;
  const { name, on, balance } = settings.policy;
  const policy: Policy = POLICIES[name]({
    hashKey: createHashKey(on, parts.isTrusted),
    hashBalance: balance,
  });
  return new Pool({
    ...parts,
    policy,
    clock: clock.now,
    stopwatch: clock.precisely,
    slowStart,
    backendMaxInFlight: limits.backendInFlight,
    ejection: { after: ejection.after, time: ejection.time },
    ejectMax: ejection.max,
    ejectOn5xx: ejection.on5xx,
    probes: health ?? NO_PROBES,
  });
}
