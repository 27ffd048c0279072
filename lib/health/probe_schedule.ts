/** When probes are due: spread over time, and never in step with those of other balancers. */

/** The first probes of all backends are spread over this time, in milliseconds. */
const FIRST_WITHIN_MS = 1_000;

/** The share by which an interval varies, so that balancers do not all probe at the same moment. */
const JITTER = 0.1;

/**
 * How long to wait before the first probe of a backend, in milliseconds.
 *
 * @param interval between probes, in milliseconds; the first probes are spread over less than one
 * @param random 0 up to 1
 */
export function firstDelay(interval: number, random: () => number): number {
  return random() * Math.min(interval, FIRST_WITHIN_MS);
}

/**
 * The time from the start of one probe to the start of the next, in milliseconds. If a probe takes longer
 * than that, the next one starts when it is over.
 *
 * @param interval in milliseconds; the result is up to a tenth more or less
 * @param random 0 up to 1
 */
export function nextDelay(interval: number, random: () => number): number {
  return interval * (1 - JITTER + 2 * JITTER * random());
}
