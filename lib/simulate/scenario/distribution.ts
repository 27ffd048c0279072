/** How long a backend takes over a request: distributions, and how a user writes them. */
import { isReading, type Read, reading } from "../../config/setting.ts";
import { duration, HOUR_MS } from "../../config/values.ts";

/**
 * A distribution by its inverse: the time, in milliseconds, that such a share of all requests do not
 * exceed.
 *
 * @param share over 0 and under 1
 */
export type Distribution = (share: number) => number;

const EXPECTED =
  "must have a latency such as 20ms, uniform(5ms,15ms), exponential(20ms) or lognormal(20ms,0.5)";

/** `20ms`, `uniform(5ms,15ms)`, `exponential(20ms)` by its mean, `lognormal(20ms,0.5)` by median and sigma. */
export function readDistribution(text: string): Read<Distribution> {
  const constant = time(text);
  if (constant !== undefined) return reading(() => constant);
  const [, name, first = "", , second] = /^([a-z]+)\(([^,()]*)(,([^,()]*))?\)$/.exec(text) ?? [];
  const from = time(first);
  if (from === undefined) return EXPECTED;
  if (name === "exponential" && second === undefined) {
    return reading((share) => -from * Math.log1p(-share));
  }
  if (name === "uniform" && second !== undefined) {
    const to = time(second);
    if (to === undefined) return EXPECTED;
    if (to < from) {
      return "must have a uniform latency that goes from a shorter time to a longer one";
    }
    return reading((share) => from + share * (to - from));
  }
  if (name === "lognormal" && second !== undefined) {
    const sigma = /^\d(?:\.\d{1,6})?$/.test(second) ? Number(second) : NaN;
    if (!(sigma <= 5)) return "must have a lognormal latency with a sigma of 0 to 5";
    return reading((share) => from * Math.exp(sigma * normalQuantile(share)));
  }
  return EXPECTED;
}

function time(text: string): number | undefined {
  const read = duration(text, 0, HOUR_MS);
  return isReading(read) ? read.value : undefined;
}

/** Where the tails begin, which have an approximation of their own. */
const TAIL = 0.02425;

/** Coefficients of polynomials, of the highest power first: what is divided, and by what. */
const MIDDLE = [
  [
    -39.69683028665376,
    220.9460984245205,
    -275.9285104469687,
    138.357751867269,
    -30.66479806614716,
    2.506628277459239,
  ],
  [
    -54.47609879822406,
    161.5858368580409,
    -155.6989798598866,
    66.80131188771972,
    -13.28068155288572,
    1,
  ],
] as const;

const TAILS = [
  [
    -0.007784894002430293,
    -0.3223964580411365,
    -2.400758277161838,
    -2.549732539343734,
    4.374664141464968,
    2.938163982698783,
  ],
  [
    0.007784695709041462,
    0.3224671290700398,
    2.445134137142996,
    3.754408661907416,
    1,
  ],
] as const;

/**
 * The inverse of the normal distribution, by P. J. Acklam's rational approximations ("An algorithm for
 * computing the inverse normal cumulative distribution function", 2003): right to 1.15e-9 of its value.
 *
 * @param share over 0 and under 1
 */
export function normalQuantile(share: number): number {
  if (share < TAIL) return ratio(TAILS, Math.sqrt(-2 * Math.log(share)));
  if (share > 1 - TAIL) return -ratio(TAILS, Math.sqrt(-2 * Math.log1p(-share)));
  const fromMedian = share - 0.5;
  return fromMedian * ratio(MIDDLE, fromMedian * fromMedian);
}

function ratio(
  [dividend, divisor]: readonly [readonly number[], readonly number[]],
  x: number,
): number {
  return polynomial(dividend, x) / polynomial(divisor, x);
}

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * x + coefficient;
  return sum;
}
