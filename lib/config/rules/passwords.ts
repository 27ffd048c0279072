/** Warns of `basicAuth` on listeners without TLS: others on the network can read the passwords. */
import { isLoopback } from "../../net/is_loopback.ts";
import type { Problem } from "../problems/problem.ts";
import { problemAtKey, type RuleContext } from "./context.ts";

export function checkPasswords(context: RuleContext): Problem[] {
  const { head, routes = [] } = context;
  // With trusted proxies, it is they who receive them.
  if (head === undefined || head.trustedProxies.length > 0) return [];
  const plain = Object.entries(head.listeners)
    .filter(([, { tls, host, unix, redirectToHttps }]) =>
      tls === undefined && unix === undefined && !redirectToHttps && !isLoopback(host)
    )
    .map(([name]) => name);
  return routes.flatMap((route, index) => {
    if (route?.basicAuth === undefined) return [];
    const listener = plain.find((name) => route.match.listener?.includes(name) ?? true);
    if (listener === undefined) return [];
    const message = `receives passwords that others can read: the listener ${listener} has no tls`;
    const path = ["routes", index, "basicAuth"];
    return [{ ...problemAtKey(context, path, message), severity: "warning" as const }];
  });
}
