/** Requests in flight at one worker, and how they are taken back when it dies. */
import { InFlightCount } from "../shared_memory/in_flight_count.ts";
import {
  BACKEND,
  backendRecords,
  COMMON,
  ROUTE,
  routeRecords,
  WORKER,
  WORKER_BACKEND,
  WORKER_ROUTE,
} from "../shared_memory/layout.ts";
import type { RecordBuffer } from "../shared_memory/record_buffer.ts";
import type { Sharer } from "./backends.ts";

/** The count of requests in flight, whose own share is that of one worker. */
export function requestsInFlight(process: RecordBuffer, worker: number): InFlightCount {
  const { requests } = process.record(COMMON);
  return new InFlightCount(requests, process.record(WORKER, worker).requests);
}

/** The same for one of the routes that limit their requests in flight. */
export function routeInFlight(
  buffer: SharedArrayBuffer,
  { worker, workers }: Sharer,
): InFlightCount {
  const records = routeRecords(workers, buffer);
  const { inFlight } = records.record(ROUTE);
  return new InFlightCount(inFlight, records.record(WORKER_ROUTE, worker).inFlight);
}

/** What counts requests in flight. */
export interface Counting {
  readonly process: RecordBuffer;
  /** Of backends. */
  readonly backends: Iterable<SharedArrayBuffer>;
  /** Of routes. */
  readonly routes: Iterable<SharedArrayBuffer>;
}

/**
 * Subtracts a dead worker's share from all counts of requests in flight.
 *
 * @returns how many requests were lost with the worker
 */
export function reclaim({ process, backends, routes }: Counting, sharer: Sharer): number {
  for (const buffer of backends) {
    const records = backendRecords(sharer.workers, buffer);
    const { inFlight } = records.record(BACKEND);
    const own = records.record(WORKER_BACKEND, sharer.worker);
    new InFlightCount(inFlight, own.inFlight).reclaim();
  }
  for (const buffer of routes) routeInFlight(buffer, sharer).reclaim();
  return requestsInFlight(process, sharer.worker).reclaim();
}
