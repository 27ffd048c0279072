/** Listeners that routes and tests name. */
import type { Problem } from "../problems/problem.ts";
import { nodeAt, type Path } from "../tree/node.ts";
import { suggest } from "../values/suggest.ts";
import { problemAt, type RuleContext } from "./context.ts";

export function checkListeners(context: RuleContext): Problem[] {
  const known = Object.keys(context.head?.listeners ?? {});
  if (known.length === 0) return [];
  const named = (context.routes ?? []).flatMap((route, index) =>
    (route?.match.listener ?? []).map((name, place): [string, Path] => [
      name,
      placeOf(context, ["routes", index, "match", "listener"], place),
    ])
  );
  const tests = nodeAt(context.root, ["tests"]);
  for (let index = 0; tests?.kind === "array" && index < tests.items.length; index++) {
    const path: Path = ["tests", index, "listener"];
    const node = nodeAt(context.root, path);
    if (node?.kind === "scalar" && typeof node.value === "string") named.push([node.value, path]);
  }
  return named.filter(([name]) => !known.includes(name)).map(([name, path]) => {
    const meant = suggest(name, known);
    return problemAt(context, path, `must be one of the listeners: ${known.join(", ")}`, {
      found: JSON.stringify(name),
      meant: meant && JSON.stringify(meant),
    });
  });
}

/** The place of a name, which may stand alone or in a list. */
function placeOf({ root }: RuleContext, path: Path, place: number): Path {
  return nodeAt(root, path)?.kind === "array" ? [...path, place] : path;
}
