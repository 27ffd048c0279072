/** The backends of the settings, with their state in the shared memory. */
import { Backend } from "../backends/backend.ts";
import type { Config } from "../config/schema.ts";
import type { SharedMemory } from "../shared_memory/layout.ts";

/** @param worker the number of the worker that will use them; 0 is the control plane */
export function createBackends(
  memory: SharedMemory,
  { USERS_SERVICE }: Config,
  worker: number,
): readonly Backend[] {
  return USERS_SERVICE.map((backend, index) =>
    new Backend(backend, memory.backend(index), memory.workerBackend(worker, index))
  );
}
