/** Creates a pool from the settings: for the program itself, and for simulations. */
import type { Backend } from "../backends/backend.ts";
import type { IsTrusted } from "../http/trusted_proxies.ts";
import type { Clock } from "../time/clock.ts";
import type { Config } from "../config/schema.ts";
import { createHashKey } from "./hash_key.ts";
import type { PoolEvent } from "../health/events.ts";
import type { PolicyName } from "../config/model.ts";
import { POLICIES } from "../policies/mod.ts";
import type { Policy } from "../policies/policy.ts";
import { Pool } from "./pool.ts";
import type { Sticky } from "./sticky.ts";
import type { CellRecord } from "../shared_memory/cells.ts";
import type { POOL } from "../shared_memory/layout.ts";

/** The settings that a pool depends on. */
export type PoolSettings = Pick<
  Config,
  | "HASH_ON"
  | "HASH_BALANCE"
  | "BACKEND_MAX_IN_FLIGHT"
  | "EJECT_AFTER"
  | "EJECT_TIME"
  | "EJECT_MAX"
  | "EJECT_ON_5XX"
  | "HEALTH_RISE"
  | "HEALTH_FALL"
  | "SLOW_START"
>;

/** What else a pool needs. */
export interface PoolParts {
  readonly backends: readonly Backend[];
  readonly policy: PolicyName;
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
  const policy: Policy = POLICIES[parts.policy]({
    hashKey: createHashKey(settings.HASH_ON, parts.isTrusted),
    hashBalance: settings.HASH_BALANCE,
  });
  return new Pool({
    ...parts,
    policy,
    clock: clock.now,
    stopwatch: clock.precisely,
    slowStart: settings.SLOW_START,
    backendMaxInFlight: settings.BACKEND_MAX_IN_FLIGHT,
    ejection: { after: settings.EJECT_AFTER, time: settings.EJECT_TIME },
    ejectMax: settings.EJECT_MAX,
    ejectOn5xx: settings.EJECT_ON_5XX,
    probes: { rise: settings.HEALTH_RISE, fall: settings.HEALTH_FALL },
  });
}
