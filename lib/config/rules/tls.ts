/** TLS of clients: what it needs, and listeners that lead to it. */
import type { Problem } from "../problems/problem.ts";
import { nodeAt, type Path } from "../tree/node.ts";
import { problemAtKey, type RuleContext } from "./context.ts";

export function checkTls(context: RuleContext): Problem[] {
  const { head } = context;
  if (head === undefined) return [];
  const all = Object.entries(head.listeners);
  const hasTls = all.some(([, { tls }]) => tls !== undefined);
  return all.flatMap(([name, { tls, redirectToHttps }]) => {
    const path: Path = ["listeners", name];
    const problems: Problem[] = [];
    const refuse = (setting: string, message: string) =>
      void problems.push(problemAtKey(context, [...path, setting], message));
    if (tls !== undefined && tls.acme === undefined && !tls.certificates?.length) {
      refuse("tls", "must have certificates or acme");
    }
    const hasClientAuth = nodeAt(context.root, [...path, "tls", "clientAuth"]) !== undefined;
    if (hasClientAuth && tls !== undefined && tls.clientCa === undefined) {
      problems.push(
        problemAtKey(context, [...path, "tls", "clientAuth"], "has no effect without tls.clientCa"),
      );
    }
    if (redirectToHttps && tls !== undefined) {
      refuse("redirectToHttps", "must not be there beside tls: requests are where they belong");
    } else if (redirectToHttps && !hasTls) {
      refuse("redirectToHttps", "needs a listener with tls to lead to");
    }
    return problems;
  });
}
