/** What PROXY headers need: an engine that reads and writes them, and somebody who may send them. */
import type { Problem } from "../problems/problem.ts";
import { assignment, nameOf, problemAtKey, type RuleContext } from "./context.ts";

export function checkProxyProtocol(context: RuleContext): Problem[] {
  const { head, pools } = context;
  if (head === undefined) return [];
  const needsTcp = `needs ${assignment(context, ["engine"], "tcp")}`;
  const isTcp = head.engine === "tcp";
  const problems: Problem[] = [];
  for (const [name, { proxyProtocol }] of Object.entries(head.listeners)) {
    if (!proxyProtocol) continue;
    const path = ["listeners", name, "proxyProtocol"];
    if (!isTcp) problems.push(problemAtKey(context, path, needsTcp));
    if (head.trustedProxies.length > 0) continue;
    const trusted = nameOf(context, ["trustedProxies"]);
    const message = `needs ${trusted}: the proxies that may say whose connections theirs are`;
    problems.push(problemAtKey(context, path, message));
  }
  for (const [name, pool] of pools) {
    if (pool?.proxyProtocol === undefined || isTcp) continue;
    problems.push(problemAtKey(context, ["pools", name, "proxyProtocol"], needsTcp));
  }
  return problems;
}
