/** Requests in flight at one worker, and how they are taken back when it dies. */
import type { SharedMemory } from "../shared_memory/layout.ts";
import { InFlightCount } from "../shared_memory/in_flight_count.ts";

/** The count of requests in flight, whose own share is that of one worker. */
export function requestsInFlight(memory: SharedMemory, worker: number): InFlightCount {
  return new InFlightCount(memory.common.requests, memory.worker(worker).requests);
}

/** The same for one of the routes that limit their requests in flight. @param place among these, from 0 */
export function routeInFlight(memory: SharedMemory, worker: number, place: number): InFlightCount {
  return new InFlightCount(
    memory.route(place).inFlight,
    memory.workerRoute(worker, place).inFlight,
  );
}

/**
 * Subtracts a dead worker's share from all counts of requests in flight.
 *
 * @returns how many requests were lost with the worker
 */
export function reclaim(memory: SharedMemory, worker: number): number {
  for (const [pool, backends] of memory.extent.pools.entries()) {
    for (let place = 0; place < backends; place++) {
      const own = memory.workerBackend(worker, pool, place).inFlight;
      new InFlightCount(memory.backend(pool, place).inFlight, own).reclaim();
    }
  }
  for (let place = 0; place < memory.extent.routes; place++) {
    routeInFlight(memory, worker, place).reclaim();
  }
  return requestsInFlight(memory, worker).reclaim();
}
