/**
 * A latency average that is quick to see that a backend got slower, and slow to believe that it got
 * faster: Finagle's Peak EWMA. A sample above the average becomes the average; one below it pulls it
 * down, the more the longer ago the last one was.
 */

/** After so long, what was known before weighs 1/e, in milliseconds; Linkerd's default, too. */
export const DECAY_MS = 10_000;

/** What is known of a backend's latency. */
export interface Latency {
  /** In milliseconds. */
  readonly average: number;
  /** When the last sample was taken, in milliseconds. */
  readonly at: number;
}

/** @returns what is known after one more sample, in milliseconds */
export function sampled(before: Latency | undefined, sample: number, now: number): Latency {
  if (before === undefined || sample >= before.average) return { average: sample, at: now };
  const kept = weightOf(before, now);
  return { average: sample + (before.average - sample) * kept, at: now };
}

/**
 * The average as it is to be taken now, in milliseconds: old ones are believed less and less, so that a
 * backend which is left alone for being slow is tried again.
 */
export function expected(latency: Latency, now: number): number {
  return latency.average * weightOf(latency, now);
}

function weightOf({ at }: Latency, now: number): number {
  return Math.exp((at - now) / DECAY_MS);
}
