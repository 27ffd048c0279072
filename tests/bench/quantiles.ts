/** Quantiles of lists of numbers, by the nearest rank, as the simulator takes them. */

/** @param share 0.5 for the median, 1 for the largest */
export function quantile(numbers: readonly number[], share: number): number {
  return quantiles(numbers, [share])[0]!;
}

/** NaN if there are no numbers. @param shares as of {@linkcode quantile} */
export function quantiles(numbers: readonly number[], shares: readonly number[]): number[] {
  const sorted = numbers.toSorted((a, b) => a - b);
  // Per mille, so that ranks are whole numbers wherever they can be.
  const rank = (share: number) => Math.ceil(sorted.length * Math.round(share * 1000) / 1000);
  return shares.map((share) => sorted[Math.max(1, rank(share)) - 1] ?? NaN);
}

/** The one in the middle; of an even number of them, the mean of the middle two. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}
