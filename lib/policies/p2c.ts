/**
 * The power of two choices: of two candidates drawn by chance, the one with fewer requests in flight for
 * its weight. Nearly as even as comparing all, at the cost of two, and balancers that know nothing of
 * each other do not all run after the same one (M. Mitzenmacher, 2001).
 *
 * The second is taken only if it has no more with this request than the first has without it. With
 * equal weights that says no more than "fewer"; see least_connections.ts for why weights need it.
 */
import { drawTwo } from "../backends/weight_classes.ts";
import type { Policy } from "./policy.ts";

export const p2c: Policy = {
  prefersIdle: true,
  pick(candidates, { random }) {
    const [first, second] = drawTwo(candidates, random);
    if (second === undefined) return first;
    return (second.inFlight + 1) * first.weight <= first.inFlight * second.weight ? second : first;
  },
};
