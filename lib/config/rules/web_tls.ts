/** What Deno.serve cannot do of TLS. */
import type { HeadConfig } from "../parts.ts";
import type { Problem } from "../problems/problem.ts";
import type { Path } from "../tree/node.ts";
import { assignment, problemAtKey, type RuleContext } from "./context.ts";

type Listener = HeadConfig["listeners"][string];

export function checkWebTls(context: RuleContext): Problem[] {
  const { head } = context;
  if (head === undefined || head.engine === "tcp") return [];
  const needsTcp = `needs ${assignment(context, ["engine"], "tcp")}`;
  return Object.entries(head.listeners).flatMap(([name, listener]) =>
    limitsOf(listener).map(([setting, reason]) =>
      problemAtKey(context, ["listeners", name, "tls", ...setting], `${needsTcp}: ${reason}`)
    )
  );
}

/** Settings of a listener that need another engine, and why. */
function limitsOf({ tls, unix }: Listener): (readonly [setting: Path, reason: string])[] {
  if (tls === undefined) return [];
  const { certificates = [], acme, minVersion, clientCa } = tls;
  const limits: (readonly [Path, string])[] = [];
  if (unix !== undefined) limits.push([[], "the web engine has no TLS on unix sockets"]);
  if (certificates.length > 1) {
    limits.push([["certificates", 1], "the web engine serves one certificate"]);
  } else if (certificates.length > 0 && acme !== undefined) {
    limits.push([["acme"], "the web engine serves one certificate, and there is another"]);
  }
  if (minVersion !== "1.2") limits.push([["minVersion"], "the web engine takes 1.2, too"]);
  if (clientCa !== undefined) {
    limits.push([["clientCa"], "the web engine asks for no certificates of clients"]);
  }
  return limits;
}
