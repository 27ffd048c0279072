/** How long a backend works on a request: latency distributions, and their notation. */
import { isReading, type Read, reading } from "../../config/values/reading.ts";
import { duration, HOUR_MS } from "../../config/values/quantities.ts";
import { computeNormalQuantile } from "./normal_quantile.ts";

/**
 * The quantile function of a distribution: the time, in milliseconds, that this share of all
 * requests does not exceed.
 *
 * @param share over 0 and under 1
 */
export type Distribution = (share: number) => number;

const MAX_SIGMA = 5;

const EXPECTED =
  "must have a latency such as 20ms, uniform(5ms,15ms), exponential(20ms) or lognormal(20ms,0.5)";

/**
 * Reads `20ms`, `uniform(5ms,15ms)`, `exponential(20ms)` with its mean, or `lognormal(20ms,0.5)`
 * with its median and sigma.
 */
export function readDistribution(text: string): Read<Distribution> {
  const constant = readTime(text);
  if (constant !== undefined) return reading(() => constant);
  const [, name, first = "", , second] = /^([a-z]+)\(([^,()]*)(,([^,()]*))?\)$/.exec(text) ?? [];
  const time = readTime(first);
  if (time === undefined) return EXPECTED;
  if (name === "exponential" && second === undefined) {
    return reading((share) => -time * Math.log1p(-share));
  }
  if (name === "uniform" && second !== undefined) return readUniform(time, second);
  if (name === "lognormal" && second !== undefined) return readLognormal(time, second);
  return EXPECTED;
}

function readUniform(min: number, maxText: string): Read<Distribution> {
  const max = readTime(maxText);
  if (max === undefined) return EXPECTED;
  if (max < min) return "must have a uniform latency with the shorter time first";
  return reading((share) => min + share * (max - min));
}

function readLognormal(median: number, sigmaText: string): Read<Distribution> {
  const sigma = /^\d(?:\.\d{1,6})?$/.test(sigmaText) ? Number(sigmaText) : NaN;
  if (!(sigma <= MAX_SIGMA)) {
    return `must have a lognormal latency with a sigma of 0 to ${MAX_SIGMA}`;
  }
  return reading((share) => median * Math.exp(sigma * computeNormalQuantile(share)));
}

/** A time up to an hour, in milliseconds; undefined if it is none. */
function readTime(text: string): number | undefined {
  const read = duration(text, 0, HOUR_MS);
  return isReading(read) ? read.value : undefined;
}
