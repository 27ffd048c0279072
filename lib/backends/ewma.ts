/**
 * A latency average that goes up at once and comes down slowly: Finagle's Peak EWMA. A sample above the
 * average becomes the average; one below pulls it down, by more if the last sample is longer ago.
 */

/** After this time an average has decayed to 1/e, in milliseconds. Linkerd has the same default. */
export const DECAY_MS = 10_000;

/** A backend's latency as far as it is known. */
export interface Latency {
  /** In milliseconds. */
  readonly average: number;
  /** When the last sample was taken, in milliseconds on the pool's clock. */
  readonly at: number;
}

/** @param sample in milliseconds @returns the latency with that sample */
export function addSample(before: Latency | undefined, sample: number, now: number): Latency {
  if (before === undefined || sample >= before.average) return { average: sample, at: now };
  const kept = decayFactor(before, now);
  return { average: sample + (before.average - sample) * kept, at: now };
}

/**
 * The average in milliseconds, less the decay since the last sample: a backend that gets no requests
 * because it was slow looks faster with time, and so is tried again.
 */
export function decayedAverage(latency: Latency, now: number): number {
  return latency.average * decayFactor(latency, now);
}

function decayFactor({ at }: Latency, now: number): number {
  return Math.exp((at - now) / DECAY_MS);
}
