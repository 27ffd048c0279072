/** What listeners and the admin port on unix sockets cannot have, and what only they have. */
import type { Problem } from "../problems/problem.ts";
import { formatPath, nodeAt, type Path } from "../tree/node.ts";
import { assignment, problemAtKey, type RuleContext } from "./context.ts";

export function checkUnixListeners(context: RuleContext): Problem[] {
  const { head, root } = context;
  if (head === undefined) return [];
  const problems: Problem[] = [];
  const seen = new Map<string, string>();
  const { listeners, admin } = head;
  const all: (readonly [Path, { unix?: string | undefined; mode?: number | undefined }])[] = [
    ...Object.entries(listeners).map(([name, listener]) =>
      [["listeners", name], listener] as const
    ),
    ...admin?.port === undefined ? [] : [[["admin"], admin] as const],
  ];
  for (const [path, { unix, mode }] of all) {
    const at = (key: string): Path => [...path, key];
    const say = (key: string, message: string) =>
      problems.push(problemAtKey(context, at(key), message));
    const isAbstract = unix?.startsWith("@") ?? false;
    if (mode !== undefined && (unix === undefined || isAbstract)) {
      say("mode", "has no effect without the path of a unix socket");
    }
    if (unix === undefined) continue;
    for (const key of path[0] === "admin" ? ["host", "port", "tls"] : ["host", "port"]) {
      if (nodeAt(root, at(key)) !== undefined) say(key, "has no effect beside unix");
    }
    if (isAbstract && head.engine === "web" && path[0] !== "admin") {
      say(
        "unix",
        `needs ${assignment(context, ["engine"], "tcp")}: the web engine has no abstract sockets`,
      );
    }
    const other = seen.get(unix);
    if (other !== undefined) say("unix", `must differ from ${other}.unix`);
    seen.set(unix, formatPath(path));
  }
  return problems;
}
