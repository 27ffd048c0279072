/** What the rules that compare several settings know, and how they say what is wrong. */
import type { Parts } from "../parts.ts";
import type { Problem } from "../problems/problem.ts";
import { defaultOf } from "../schema/default_of.ts";
import type { VariableTexts } from "../source/environment.ts";
import { entryAt, formatPath, nearestNode, nodeAt, type Path, type Place } from "../tree/node.ts";
import { variableOf } from "../source/variables.ts";

/** Parts that are wrong by themselves are undefined: rules pass over them. */
export interface RuleContext extends Parts {
  readonly variables: VariableTexts;
  /** Whether there is a configuration file; otherwise settings have the names of variables. */
  readonly hasFile: boolean;
}

/** What one rule finds. It looks at everything at once, and changes nothing. */
export type Rule = (context: RuleContext) => readonly Problem[];

/** The name of a setting, as whoever wrote the configuration knows it: its variable, or its path. */
export function nameOf({ root, hasFile }: RuleContext, path: Path): string {
  const place = nodeAt(root, path)?.place;
  if (place?.kind === "variable") return place.name;
  return (!hasFile && variableFor(path)) || formatPath(path);
}

/** The same with a value: `ENGINE=tcp`, `engine "tcp"`. */
export function assignment(context: RuleContext, path: Path, value: string): string {
  const name = nameOf(context, path);
  if (name !== formatPath(path)) return `${name}=${value}`;
  return `${name} ${/^\d+$/.test(value) ? value : JSON.stringify(value)}`;
}

/** The variable that sets a setting, or the default of a pool's setting. */
function variableFor(path: Path): string | undefined {
  const [first, , ...setting] = path;
  return variableOf(path) ?? (first === "pools" ? variableOf(["defaults", ...setting]) : undefined);
}

/** A problem with the value of a setting. */
export function problemAt(
  context: RuleContext,
  path: Path,
  message: string,
  extra: Partial<Problem> = {},
): Problem {
  return { severity: "error", path, place: placeOf(context, path), message, ...extra };
}

/** A problem with a setting itself, whatever its value. */
export function problemAtKey(context: RuleContext, path: Path, message: string): Problem {
  const place = entryAt(context.root, path)?.place ?? placeOf(context, path);
  return { severity: "error", path, place, message };
}

/** The place of a value; of a default the variable that could set it, if there is no file. */
function placeOf({ root, hasFile }: RuleContext, path: Path): Place | undefined {
  const node = nodeAt(root, path);
  if (node !== undefined) return node.place;
  if (hasFile) return nearestNode(root, path).place;
  const name = variableFor(path);
  return name === undefined
    ? undefined
    : { kind: "variable", name, shown: String(defaultOf(path)) };
}
