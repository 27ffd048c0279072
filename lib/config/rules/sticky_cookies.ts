/** Cookies that tie clients to backends. */
import type { Problem } from "../problems/problem.ts";
import { nameOf, problemAt, type RuleContext } from "./context.ts";

export function checkStickyCookies(context: RuleContext): Problem[] {
  const { head, pools, routes = [] } = context;
  const problems: Problem[] = [];
  const owners = new Map<string, string>();
  for (const [name, pool] of pools) {
    const cookie = pool?.sticky?.cookie;
    if (cookie === undefined) continue;
    const path = ["pools", name, "sticky", "cookie"];
    const owner = owners.get(cookie);
    if (owner !== undefined) {
      problems.push(problemAt(context, path, `must differ from that of the pool ${owner}`));
    } else {
      owners.set(cookie, name);
    }
    // Browsers accept these over TLS only (RFC 6265bis, 4.1.3), here or at a trusted proxy that reports it.
    const isPlain = head?.trustedProxies.length === 0 &&
      Object.values(head.listeners).every(({ tls }) => tls === undefined);
    if (/^__(?:Host|Secure)-/i.test(cookie) && isPlain) {
      const proxies = nameOf(context, ["trustedProxies"]);
      const otherwise = context.hasFile ? "is set or a listener has tls" : "or TLS_CERT is set";
      const message =
        `must not begin with __Host- or __Secure- unless ${proxies} ${otherwise}, as ` +
        "browsers accept such cookies over TLS only";
      problems.push(problemAt(context, path, message));
    }
  }
  for (const [index, route] of routes.entries()) {
    const owner = owners.get(route?.splitOn ?? "");
    if (owner === undefined) continue;
    const message = `must name a cookie of its own, not the sticky cookie of the pool ${owner}`;
    problems.push(problemAt(context, ["routes", index, "splitOn"], message));
  }
  return problems;
}
