/**
 * Random: any of the candidates, by weight.
 *
 * It keeps no state, so balancers never fall into step with each other. Uneven in the short run.
 */
import { draw } from "../backends/weight_classes.ts";
import type { Policy } from "./policy.ts";

export const random: Policy = {
  pick: (candidates, { random }) => draw(candidates, random),
};
