/** Settings that are agreed and not built yet. They are refused, as nothing is accepted and ignored. */
import type { Problem } from "../problems/problem.ts";
import { entryAt, type Node, nodeAt, type Path } from "../tree/node.ts";
import type { RuleContext } from "./context.ts";

export interface Unbuilt {
  /** `*` stands for any name, and for any place in a list. */
  readonly path: Path;
  /** Whether this value of it is not built; by default all are. */
  readonly when?: (value: Node) => boolean;
}

const isNot = (value: string) => (node: Node) => node.kind === "scalar" && node.value !== value;

export const UNBUILT: readonly Unbuilt[] = [
  { path: ["io"], when: isNot("deno") },
];

export function checkBuilt({ root }: RuleContext): Problem[] {
  return UNBUILT.flatMap(({ path, when = () => true }) =>
    expand(root, path).flatMap((found): Problem[] => {
      const node = nodeAt(root, found)!;
      if (!when(node)) return [];
      const place = entryAt(root, found)?.place ?? node.place;
      return [{ severity: "error", path: found, place, message: "is not built yet" }];
    })
  );
}

/** The paths that there are. */
function expand(root: Node, pattern: Path): Path[] {
  return pattern.reduce<Path[]>((paths, step) =>
    paths.flatMap((path) => {
      const node = nodeAt(root, path);
      if (step !== "*") return nodeAt(node, [step]) === undefined ? [] : [[...path, step]];
      if (node?.kind === "array") return node.items.map((_, index) => [...path, index]);
      return node?.kind === "object" ? [...node.entries.keys()].map((key) => [...path, key]) : [];
    }), [[]]);
}
