/** The backends of a pool, with their state in the shared memory. */
import { Backend } from "../backends/backend.ts";
import type { PoolConfig } from "../config/model.ts";
import { titleOf } from "../config/values/listed_backend.ts";
import type { SharedMemory } from "../shared_memory/layout.ts";

/**
 * @param worker the number of the worker that will use them; 0 is the control plane
 * @param pool its place among the pools, from 0
 */
export function createBackends(
  memory: SharedMemory,
  { backends }: PoolConfig,
  worker: number,
  pool: number,
): readonly Backend[] {
  return backends.map((backend, place) => {
    if (!("url" in backend)) throw new Error(`Cannot use the backends of ${titleOf(backend)}`);
    const own = memory.workerBackend(worker, pool, place);
    return new Backend(backend, memory.backend(pool, place), own);
  });
}
