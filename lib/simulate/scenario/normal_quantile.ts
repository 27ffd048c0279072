/** The quantiles of the normal distribution. */

/** Shares below this, and above 1 minus this, have an approximation of their own. */
const TAIL = 0.02425;

/** A quotient of polynomials: their coefficients, of the highest power first. */
interface Ratio {
  readonly numerator: readonly number[];
  readonly denominator: readonly number[];
}

const MIDDLE: Ratio = {
  numerator: [
    -39.69683028665376,
    220.9460984245205,
    -275.9285104469687,
    138.357751867269,
    -30.66479806614716,
    2.506628277459239,
  ],
  denominator: [
    -54.47609879822406,
    161.5858368580409,
    -155.6989798598866,
    66.80131188771972,
    -13.28068155288572,
    1,
  ],
};

const TAILS: Ratio = {
  numerator: [
    -0.007784894002430293,
    -0.3223964580411365,
    -2.400758277161838,
    -2.549732539343734,
    4.374664141464968,
    2.938163982698783,
  ],
  denominator: [
    0.007784695709041462,
    0.3224671290700398,
    2.445134137142996,
    3.754408661907416,
    1,
  ],
};

/**
 * The inverse of the standard normal distribution, by P. J. Acklam's rational approximation ("An
 * algorithm for computing the inverse normal cumulative distribution function", 2003). Its relative
 * error is below 1.15e-9.
 *
 * @param share over 0 and under 1
 */
export function computeNormalQuantile(share: number): number {
  if (share < TAIL) return evaluateRatio(TAILS, Math.sqrt(-2 * Math.log(share)));
  if (share > 1 - TAIL) return -evaluateRatio(TAILS, Math.sqrt(-2 * Math.log1p(-share)));
  const fromMedian = share - 0.5;
  return fromMedian * evaluateRatio(MIDDLE, fromMedian * fromMedian);
}

function evaluateRatio({ numerator, denominator }: Ratio, x: number): number {
  return evaluatePolynomial(numerator, x) / evaluatePolynomial(denominator, x);
}

function evaluatePolynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * x + coefficient;
  return sum;
}
