/** Requests in flight at one worker, and how they are taken back when it dies. */
import type { SharedMemory } from "../shared_memory/layout.ts";
import { InFlightCount } from "../shared_memory/in_flight_count.ts";

/** The count of requests in flight, whose own share is that of one worker. */
export function requestsInFlight(memory: SharedMemory, worker: number): InFlightCount {
  return new InFlightCount(memory.pool.requests, memory.worker(worker).requests);
}

/**
 * Subtracts a dead worker's share from all counts of requests in flight.
 *
 * @returns how many requests were lost with the worker
 */
export function reclaim(memory: SharedMemory, worker: number): number {
  for (let index = 0; index < memory.extent.backends; index++) {
    const own = memory.workerBackend(worker, index).inFlight;
    new InFlightCount(memory.backend(index).inFlight, own).reclaim();
  }
  return requestsInFlight(memory, worker).reclaim();
}
