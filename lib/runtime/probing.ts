/** The probes of the settings: they run in the control plane only, whatever the number of workers. */
import type { PoolConfig } from "../config/model.ts";
import { startProbes } from "../health/prober.ts";
import type { Pool } from "../pool/pool.ts";

/** Starts them. @returns undefined if they are off */
export function startProbing({ health }: PoolConfig, pool: Pool): AsyncDisposable | undefined {
  if (health?.path === undefined) return undefined;
  return startProbes({
    backends: pool.backends,
    path: health.path,
    host: health.host,
    port: health.port,
    good: health.status,
    interval: health.interval,
    timeout: health.timeout,
    random: Math.random,
    onProbe: (backend, good, reason) => pool.probed(backend, good, reason),
  });
}
