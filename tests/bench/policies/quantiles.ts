/** Quantiles of lists of numbers. */

/** @param share 0.5 for the median, 1 for the largest */
export function quantile(numbers: readonly number[], share: number): number {
  return quantiles(numbers, [share])[0]!;
}

/** NaN where there are no numbers. @param shares as of {@linkcode quantile} */
export function quantiles(numbers: readonly number[], shares: readonly number[]): number[] {
  const sorted = numbers.toSorted((a, b) => a - b);
  return shares.map((share) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  );
}
