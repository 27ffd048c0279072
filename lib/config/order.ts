/** The order in which problems are told: by variable, then by place in the file. */
import type { Problem } from "./problems/problem.ts";
import { VARIABLE_NAMES } from "./source/variables.ts";
import type { Place } from "./tree/node.ts";

export function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => rank(a.place) - rank(b.place));
}

function rank(place: Place | undefined): number {
  if (place === undefined) return Number.MAX_SAFE_INTEGER;
  if (place.kind === "file") return VARIABLE_NAMES.length + place.offset;
  const entry = Number(place.entry?.match(/\d+/)?.[0] ?? 0) / 1e6;
  return VARIABLE_NAMES.findIndex((name) => name === place.name) + entry;
}
