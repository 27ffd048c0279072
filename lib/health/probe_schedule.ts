/** When probes are due: spread at first, and never in step with those of other balancers. */

/** Over how long the first probes are spread at most, in milliseconds. */
const FIRST_WITHIN_MS = 1_000;

/** By how much an interval varies, so that many balancers do not ask at one moment. */
const JITTER = 0.1;

/**
 * How long to wait with the first probe of a backend, in milliseconds.
 *
 * @param interval in milliseconds
 * @param random 0 up to 1
 */
export function firstDelay(interval: number, random: () => number): number {
  return random() * Math.min(interval, FIRST_WITHIN_MS);
}

/**
 * From the beginning of one probe to that of the next, in milliseconds; later only where the first is not
 * over by then.
 *
 * @param interval in milliseconds, give or take a tenth
 * @param random 0 up to 1
 */
export function nextDelay(interval: number, random: () => number): number {
  return interval * (1 - JITTER + 2 * JITTER * random());
}
