/**
 * Random: any of the candidates, each with its weight as its chance.
 *
 * Needs nothing but chance, so that many balancers never fall into step; uneven in the short run.
 */
import { draw } from "../backends/weight_classes.ts";
import type { Policy } from "./policy.ts";

export const random: Policy = {
  pick: (candidates, { random }) => draw(candidates, random),
};
