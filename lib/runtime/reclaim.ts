/** What a worker has in flight, and how it is taken back once that worker has died. */
import type { SharedMemory } from "../shared_memory/layout.ts";
import { Tally } from "../shared_memory/in_flight_count.ts";

/** The requests in flight, those of that worker for its own. @param number of the worker */
export function requestsOf(memory: SharedMemory, number: number): Tally {
  return new Tally(memory.pool.requests, memory.worker(number).requests);
}

/** Takes back all that it counted as its own. @returns how many requests were lost with it */
export function takeBack(memory: SharedMemory, number: number): number {
  for (let place = 0; place < memory.extent.backends; place++) {
    const own = memory.workerBackend(number, place).inFlight;
    new Tally(memory.backend(place).inFlight, own).takeBack();
  }
  return requestsOf(memory, number).takeBack();
}
