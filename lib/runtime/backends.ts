/** The backends of a pool, with their state in the memory that workers share. */
import { Backend, idOf } from "../backends/backend.ts";
import { BACKEND, backendRecords, WORKER_BACKEND } from "../shared_memory/layout.ts";
import type { PoolState } from "../shared_memory/state.ts";
import type { ResolvedPool } from "./revision.ts";

/** Who uses memory that workers share. */
export interface Sharer {
  /** The number of this worker; 0 is the control plane. */
  readonly worker: number;
  /** How many there are, the control plane included. */
  readonly workers: number;
}

export function createBackends(
  { backends }: Pick<ResolvedPool, "backends">,
  state: PoolState,
  { worker, workers }: Sharer,
): readonly Backend[] {
  return backends.map((backend) => {
    const { uid, buffer } = state.backends.get(idOf(backend.url))!;
    const records = backendRecords(workers, buffer);
    const own = records.record(WORKER_BACKEND, worker);
    return new Backend(backend, records.record(BACKEND), own, uid);
  });
}
