/** Finds regular expressions that are none, before a request needs them. */
import type { Problem } from "../config/problems/problem.ts";
import { problemAt, type RuleContext } from "../config/rules/context.ts";
import { compileExpression } from "./expression.ts";

export function checkExpressions(context: RuleContext): Problem[] {
  return (context.routes ?? []).flatMap((route, index) =>
    (["headers", "query"] as const).flatMap((kind) =>
      Object.entries(route?.match[kind] ?? {}).flatMap(([name, value]) => {
        const reason = "matches" in value ? reasonAgainst(value.matches) : undefined;
        if (reason === undefined) return [];
        const path = ["routes", index, "match", kind, name, "matches"];
        return [problemAt(context, path, `must be a regular expression: ${reason}`)];
      })
    )
  );
}

/** @returns undefined if it is a regular expression */
function reasonAgainst(source: string): string | undefined {
  try {
    compileExpression(source);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
