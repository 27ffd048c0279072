/** Compiles the regular expressions of routes when the configuration is read, so that none fails later. */
import type { Problem } from "../config/problems/problem.ts";
import { problemAt, type RuleContext } from "../config/rules/context.ts";
import { RE2JSSyntaxException } from "re2js";
import { compileExpression } from "./expression.ts";

export function checkExpressions(context: RuleContext): Problem[] {
  return (context.routes ?? []).flatMap((route, index) =>
    (["headers", "query"] as const).flatMap((kind) =>
      Object.entries(route?.match[kind] ?? {}).flatMap(([name, value]) => {
        if (!("matches" in value)) return [];
        const reason = reasonAgainst(value.matches);
        if (reason === undefined) return [];
        const path = ["routes", index, "match", kind, name, "matches"];
        return [problemAt(context, path, `must be a regular expression of RE2: ${reason}`)];
      })
    )
  );
}

/** Why a text is no regular expression; undefined if it is one. */
function reasonAgainst(source: string): string | undefined {
  try {
    compileExpression(source);
    return undefined;
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    // What follows the reason is the part of it that is wrong; the line shows that.
    return error.message.replace(/^error parsing regexp: /, "").replace(/: `.*`$/s, "");
  }
}
