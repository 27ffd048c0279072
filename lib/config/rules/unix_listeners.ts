/** What listeners on unix sockets cannot have, and what only they have. */
import type { Problem } from "../problems/problem.ts";
import { nodeAt, type Path } from "../tree/node.ts";
import { assignment, problemAtKey, type RuleContext } from "./context.ts";

export function checkUnixListeners(context: RuleContext): Problem[] {
  const { head, root } = context;
  if (head === undefined) return [];
  const problems: Problem[] = [];
  const seen = new Map<string, string>();
  for (const [name, { unix, mode }] of Object.entries(head.listeners)) {
    const at = (key: string): Path => ["listeners", name, key];
    const say = (key: string, message: string) =>
      problems.push(problemAtKey(context, at(key), message));
    const isAbstract = unix?.startsWith("@") ?? false;
    if (mode !== undefined && (unix === undefined || isAbstract)) {
      say("mode", "has no effect without the path of a unix socket");
    }
    if (unix === undefined) continue;
    for (const key of ["host", "port"]) {
      if (nodeAt(root, at(key)) !== undefined) say(key, "has no effect beside unix");
    }
    if (isAbstract && head.engine === "web") {
      say(
        "unix",
        `needs ${assignment(context, ["engine"], "tcp")}: the web engine has no abstract sockets`,
      );
    }
    const other = seen.get(unix);
    if (other !== undefined) say("unix", `must differ from listeners.${other}.unix`);
    seen.set(unix, name);
  }
  return problems;
}
