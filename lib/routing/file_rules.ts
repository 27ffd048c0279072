/** The rules of routing that a configuration file is checked by. What it does not need is not loaded. */
import type { Rule } from "../config/rules/context.ts";
import { type Node, nodeAt } from "../config/tree/node.ts";
import { checkPaths } from "./check_paths.ts";
import { checkExposed } from "./exposed.ts";
import { checkReachable } from "./unreachable.ts";

export async function fileRules(file: Node): Promise<readonly Rule[]> {
  if (!hasExpressions(nodeAt(file, ["routes"]))) return [checkPaths, checkReachable, checkExposed];
  const { checkExpressions } = await import("./check_expressions.ts");
  return [checkPaths, checkReachable, checkExposed, checkExpressions];
}

/** Whether there is a setting `matches` anywhere in it. */
function hasExpressions(node: Node | undefined): boolean {
  if (node?.kind === "array") return node.items.some(hasExpressions);
  return node?.kind === "object" &&
    [...node.entries].some(([key, { value }]) => key === "matches" || hasExpressions(value));
}
