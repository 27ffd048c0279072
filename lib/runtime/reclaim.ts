/** What a worker has in flight, and how it is taken back once that worker has died. */
import type { SharedMemory } from "../shared_memory/layout.ts";
import { InFlightCount } from "../shared_memory/in_flight_count.ts";

/** The requests in flight, those of that worker for its own. @param number of the worker */
export function requestsInFlight(memory: SharedMemory, number: number): InFlightCount {
  return new InFlightCount(memory.pool.requests, memory.worker(number).requests);
}

/** Takes back all that it counted as its own. @returns how many requests were lost with it */
export function reclaim(memory: SharedMemory, number: number): number {
  for (let place = 0; place < memory.extent.backends; place++) {
    const own = memory.workerBackend(number, place).inFlight;
    new InFlightCount(memory.backend(place).inFlight, own).reclaim();
  }
  return requestsInFlight(memory, number).reclaim();
}
