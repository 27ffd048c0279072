/** A balancer must not be its own backend. */
import type { Problem } from "../problems/problem.ts";
import type { PoolConfig } from "../model.ts";
import type { Path } from "../tree/node.ts";
import { problemAt, type RuleContext } from "./context.ts";

export function checkBackends(context: RuleContext): Problem[] {
  return [...context.pools].flatMap(([name, pool]) =>
    pool === undefined ? [] : findSelf(context, pool, ["pools", name, "backends"])
  );
}

/** The addresses of this machine by which it is known to reach itself. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** A balancer that is its own backend would send each request in a circle. */
function findSelf(context: RuleContext, { backends }: PoolConfig, path: Path): Problem[] {
  const listeners = Object.entries(context.head?.listeners ?? {});
  return backends.flatMap((backend, index) => {
    if (!("url" in backend)) return [];
    const { protocol, hostname, port } = new URL(backend.url);
    const number = Number(port || (protocol === "https:" ? 443 : 80));
    const self = listeners.find(([, { host, port, unix }]) =>
      unix === undefined && port === number &&
      (hostname === host || hostname === `[${host}]` || LOOPBACK.test(hostname) && isLocal(host))
    );
    if (self === undefined) return [];
    const [name] = self;
    const who = context.hasFile ? `this balancer's own listener ${name}` : "this balancer itself";
    return [problemAt(context, [...path, index], `must not be ${who}`)];
  });
}

/** Whether what listens there can be reached over loopback. */
function isLocal(host: string): boolean {
  return ["0.0.0.0", "::", "localhost", "::1"].includes(host) || host.startsWith("127.");
}
