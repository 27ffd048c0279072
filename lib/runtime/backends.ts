/** The backends of the settings, as one of the workers sees them. */
import { Backend } from "../backends/backend.ts";
import type { Config } from "../config/schema.ts";
import type { SharedMemory } from "../shared_memory/layout.ts";

/** @param worker its number */
export function createBackends(
  memory: SharedMemory,
  { USERS_SERVICE }: Config,
  worker: number,
): readonly Backend[] {
  return USERS_SERVICE.map((backend, place) =>
    new Backend(backend, memory.backend(place), memory.workerBackend(worker, place))
  );
}
