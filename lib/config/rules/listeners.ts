/** Listeners, and the routes and tests that name them. */
import type { Problem } from "../problems/problem.ts";
import { nodeAt, type Path } from "../tree/node.ts";
import { suggest } from "../values/suggest.ts";
import { problemAt, type RuleContext } from "./context.ts";

export function checkListeners(context: RuleContext): Problem[] {
  const { head, routes = [], tests, root } = context;
  if (head === undefined) return [];
  const known = Object.keys(head.listeners);
  if (known.length === 0) {
    return [problemAt(context, ["listeners"], "must have at least one listener")];
  }
  const named = [
    ...routes.flatMap((route, index) => {
      const path: Path = ["routes", index, "match", "listener"];
      const isList = nodeAt(root, path)?.kind === "array";
      return route?.match.listener?.map((name, place) => ({
        name,
        path: isList ? [...path, place] : path,
      })) ?? [];
    }),
    ...tests.flatMap((test, index) =>
      test?.listener === undefined
        ? []
        : [{ name: test.listener, path: ["tests", index, "listener"] }]
    ),
  ];
  return named.filter(({ name }) => !known.includes(name)).map(({ name, path }) => {
    const meant = suggest(name, known);
    return problemAt(context, path, `must be one of the listeners: ${known.join(", ")}`, {
      found: JSON.stringify(name),
      meant: meant && JSON.stringify(meant),
    });
  });
}
