/**
 * The power of two choices: of two candidates drawn at random, the one with fewer requests in flight for
 * its weight. It is nearly as even as comparing all of them, at the cost of comparing two, and several
 * balancers do not all send to the same idle backend (M. Mitzenmacher, 2001).
 *
 * The second one is picked only if its load including this request is no more than the first one's
 * without it. With equal weights that means "fewer"; least_connections.ts says why weights need it.
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
