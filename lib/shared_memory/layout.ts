/**
 * The memory that all workers share, so that they act as one. Each pool, backend and route has a buffer of
 * its own, which lives while somebody knows it: a reload carries it over by the id of what it belongs to
 * (state.ts), and none of them has a place in a list that a reload could change.
 *
 * A new number is one line in one of these tables. The table says who writes it: all workers write what
 * they must agree on at once. What is only added up when it is read, each worker keeps for itself: to
 * write a number that others write, too, takes longer.
 */
import { atomicInt, float, floats, localInt, type Table, uint32 } from "./cells.ts";
import { RecordBuffer } from "./record_buffer.ts";
import { STATUS_CLASSES, STATUSES } from "./status_counts.ts";

/** One record. */
export const COMMON = {
  /** The time that all workers use, in milliseconds. */
  time: float(),
  /** Requests in flight. */
  requests: atomicInt(),
} satisfies Table;

/** A record for each pool. */
export const POOL = {
  /** The wrapping counter behind round robin. */
  turn: uint32(),
  /** The lock that is held to change the health of a backend. */
  lock: atomicInt(),
  /** Changes each time that other backends are usable or ejected. */
  generation: atomicInt(),
} satisfies Table;

/** A record for each pool: its retry budget. */
export const BUDGET = {
  /** Saved retries, in thousandths; below 0, free ones are drawn. */
  saved: atomicInt(),
  /** The tick of the clock up to which free retries are paid in. */
  paidAt: atomicInt(),
  /** Requests in the current second, and in the one before. */
  requests: atomicInt(),
  requestsBefore: atomicInt(),
} satisfies Table;

/** A record for each backend of each pool. */
export const BACKEND = {
  inFlight: atomicInt(),
  /** Whether it gets requests, by its place in the list of modes: lib/backends/backend.ts. */
  mode: atomicInt(),
  /** The latency average and the time of the last sample, in milliseconds; NaN if no latency is known. */
  latency: float(NaN),
  latencyAt: float(),
  /** Odd while the cells below are being written: lib/health/shared_state.ts. */
  version: atomicInt(),
  phase: atomicInt(),
  failures: atomicInt(),
  ejectionMultiplier: atomicInt(),
  since: float(-Infinity),
  retryAt: float(Infinity),
  ejectedAsUnreachable: atomicInt(),
  unreachableSince: float(Infinity),
  trialWorker: atomicInt(-1),
  up: atomicInt(1),
  oppositeStreak: atomicInt(),
  probed: atomicInt(),
  announcedFailing: atomicInt(),
  announcedAt: float(-Infinity),
  announcedKeptInUse: atomicInt(),
  announcedKeptInUseAt: float(-Infinity),
} satisfies Table;

/** A record for each worker, which no other worker writes. */
export const WORKER = {
  /** Changes as long as the worker is alive. */
  heartbeat: atomicInt(),
  /** 1 while its clock does not sleep. */
  awake: atomicInt(1),
  /** Requests in flight. */
  requests: localInt(),
  /** Local replies, by status. */
  localReplies: floats(STATUSES),
} satisfies Table;

/** A record for each backend and worker, which no other worker writes. */
export const WORKER_BACKEND = {
  inFlight: localInt(),
  /** Attempts that are over, or whose response has begun; and those that its backend is to blame for. */
  attempts: float(),
  failures: float(),
} satisfies Table;

/** A record for each route that limits its requests in flight. */
export const ROUTE = {
  inFlight: atomicInt(),
} satisfies Table;

/** A record for each such route and worker, which no other worker writes. */
export const WORKER_ROUTE = {
  inFlight: localInt(),
} satisfies Table;

/**
 * A record for each worker and way of a request: a route and the pool that it leads to, or a route that
 * answers itself. No other worker writes it.
 */
export const WORKER_WAY = {
  /** Requests that are over, by the class of their status. */
  requests: floats(STATUS_CLASSES),
} satisfies Table;

/** What there is once. @param workers including the control plane, which is number 0 */
export function processRecords(workers: number, buffer?: SharedArrayBuffer): RecordBuffer {
  return new RecordBuffer([[COMMON, 1], [WORKER, workers]], buffer);
}

/** What belongs to a pool. */
export function poolRecords(buffer?: SharedArrayBuffer): RecordBuffer {
  return new RecordBuffer([[POOL, 1], [BUDGET, 1]], buffer);
}

/** What belongs to a backend of a pool. @param workers as for {@linkcode processRecords} */
export function backendRecords(workers: number, buffer?: SharedArrayBuffer): RecordBuffer {
  return new RecordBuffer([[BACKEND, 1], [WORKER_BACKEND, workers]], buffer);
}

/** What belongs to a route. @param workers as for {@linkcode processRecords} */
export function routeRecords(workers: number, buffer?: SharedArrayBuffer): RecordBuffer {
  return new RecordBuffer([[ROUTE, 1], [WORKER_ROUTE, workers]], buffer);
}

/** What belongs to a way. @param workers as for {@linkcode processRecords} */
export function wayRecords(workers: number, buffer?: SharedArrayBuffer): RecordBuffer {
  return new RecordBuffer([[WORKER_WAY, workers]], buffer);
}
