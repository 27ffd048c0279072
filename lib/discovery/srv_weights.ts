/** Turns the weights of SRV records, 0 to 65535, into weights of backends, 1 to 100. */

const MAX_WEIGHT = 100;

/**
 * The proportions stay as near as they can. A weight of 0 beside others means "a very small chance" (RFC 2782):
 * a hundredth of the largest. If all are 0, all are equal.
 *
 * @param weights of one tier, at least one
 * @returns in the same order
 */
export function scaleWeights(weights: readonly number[]): readonly number[] {
  const largest = weights.reduce((one, other) => Math.max(one, other), 0);
  if (largest === 0) return weights.map(() => 1);
  const distinct = [...new Set(weights)].filter((weight) => weight > 0);
  const hasZero = weights.includes(0);
  if (largest <= MAX_WEIGHT && !hasZero) return weights;
  const scale = bestScale(distinct, largest, hasZero);
  return weights.map((weight) => scaled(weight, scale, largest));
}

/** The weight of the largest one with which the others come out best; the share of 0 is as small as it can be. */
function bestScale(distinct: readonly number[], largest: number, hasZero: boolean): number {
  let best = MAX_WEIGHT, least = Infinity;
  for (let step = 0; step < MAX_WEIGHT; step++) {
    const scale = hasZero ? MAX_WEIGHT - step : step + 1;
    const error = distinct.reduce((worst, weight) => {
      const share = weight / largest;
      return Math.max(worst, Math.abs(scaled(weight, scale, largest) / scale - share) / share);
    }, 0);
    if (error < least - Number.EPSILON) [best, least] = [scale, error];
  }
  return best;
}

function scaled(weight: number, scale: number, largest: number): number {
  return Math.max(1, Math.round(weight * scale / largest));
}
