/** How much work a request is. */
import { mixed } from "../../backends/hash.ts";

/**
 * The quantile of the latency distribution at which a backend works on an attempt: 0.5 is the
 * median. It depends only on the parameters, so that an attempt is as much work at every backend
 * and under every policy.
 *
 * @param request its number in the run
 * @param attempt its number, from 1
 * @returns over 0 and under 1
 */
export function drawWorkQuantile(seed: number, request: number, attempt: number): number {
  const bits = mixed(mixed(mixed(seed ^ 0x51ed270b) + request) + Math.imul(attempt, 0x9e3779b9));
  return (bits + 0.5) / 2 ** 32;
}
