/** The probes of the settings: they run in the control plane only, whatever the number of workers. */
import type { Config } from "../config/schema.ts";
import { startProbes } from "../health/prober.ts";
import type { Pool } from "../pool/pool.ts";

/** Starts them. @returns undefined if HEALTH_PATH is off */
export function startProbing(config: Config, pool: Pool): AsyncDisposable | undefined {
  if (config.HEALTH_PATH === undefined) return undefined;
  return startProbes({
    backends: pool.backends,
    path: config.HEALTH_PATH,
    good: config.HEALTH_STATUS,
    interval: config.HEALTH_INTERVAL,
    timeout: config.HEALTH_TIMEOUT,
    random: Math.random,
    onProbe: (backend, good, reason) => pool.probed(backend, good, reason),
  });
}
