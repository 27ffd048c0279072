/**
 * The share of its picks that a backend gets: less than all of them in slow start, or if it keeps failing
 * while in use.
 */
import type { Backend } from "../backends/backend.ts";
import { weightClasses } from "../backends/weight_classes.ts";
import { slowStartShare } from "../health/ejection.ts";

export interface ShareRules {
  /** How long a reinstated backend's share grows, in milliseconds; 0 gives it all at once. */
  readonly slowStart: number;
  /** Whether the policy prefers backends with few requests in flight. */
  readonly prefersIdle: boolean;
  /** From how many failures in a row on a backend's share is limited to its weight, 1 or more. */
  readonly failingAfter: number;
}

/**
 * A backend that fails at once has nothing in flight, so a policy that prefers idle backends would send
 * it every request. It is limited to the share that its weight gives it.
 *
 * @param pickable the backends that the policy picked it from
 * @param slowStartEnd when the last of the usable backends leaves slow start, on the pool's clock
 * @returns the chance, 0 to 1, with which a pick of this backend is followed
 */
export function computeShare(
  { standing, weight }: Backend,
  pickable: readonly Backend[],
  { slowStart, prefersIdle, failingAfter }: ShareRules,
  slowStartEnd: number,
  now: number,
): number {
  if (prefersIdle && standing.failures >= failingAfter) {
    return weight / weightClasses(pickable).total;
  }
  return now >= slowStartEnd ? 1 : slowStartShare(standing, now, slowStart);
}
