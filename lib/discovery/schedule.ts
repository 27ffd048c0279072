/** When a name is resolved again. */

/** From the start of one resolution to the start of the next, at least. In milliseconds. */
export const MIN_INTERVAL_MS = 1_000;

/** A name that cannot be resolved is tried again this often, at least, whatever the age of answers may be. */
const MAX_RETRY_MS = 5_000;

/** Pauses are shorter by up to this share, so that several balancers do not ask in step. */
const JITTER = 0.1;

/**
 * @param ttlMs what the answer says, 0 or more
 * @param maxAgeMs how long an answer is used at most
 * @param random 0 up to 1
 * @returns from now, in milliseconds
 */
export function pauseAfterAnswer(ttlMs: number, maxAgeMs: number, random: number): number {
  return jittered(Math.min(ttlMs, maxAgeMs), random);
}

/** @param failures in a row, from 1: the first ones are followed by another try soon */
export function pauseAfterFailure(failures: number, maxAgeMs: number, random: number): number {
  const growing = MIN_INTERVAL_MS * 2 ** Math.min(failures - 1, 10);
  return jittered(Math.min(growing, MAX_RETRY_MS, maxAgeMs), random);
}

function jittered(pauseMs: number, random: number): number {
  return Math.max(MIN_INTERVAL_MS, pauseMs * (1 - JITTER * random));
}
