/**
 * Random times, from a source of even chance: 0 up to 1. Not those of the simulator, by another way to
 * the same distributions, as what is measured here is to be compared with it.
 */

/** The time between two arrivals of a Poisson process. */
export function exponential(mean: number, random: () => number): number {
  return -mean * Math.log(1 - random());
}

/** @param sigma the standard deviation of the logarithm */
export function lognormal(median: number, sigma: number, random: () => number): number {
  return median * Math.exp(sigma * normal(random));
}

/** Around 0, with a standard deviation of 1 (Box and Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
