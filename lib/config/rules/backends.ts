/** A balancer must not be its own backend. */
import type { Problem } from "../problems/problem.ts";
import type { PoolConfig } from "../model.ts";
import type { Path } from "../tree/node.ts";
import type { BackendAddress } from "../values/listed_backend.ts";
import { isAbstract, socketPathOf } from "../../net/unix_socket.ts";
import { findOwnListener, findOwnSocket } from "../values/own_listener.ts";
import { assignment, problemAt, type RuleContext } from "./context.ts";

export function checkBackends(context: RuleContext): Problem[] {
  return [...context.pools].flatMap(([name, pool]) =>
    pool === undefined ? [] : [
      ...findSelf(context, pool, ["pools", name, "backends"]),
      ...checkSockets(context, pool, ["pools", name]),
    ]
  );
}

function findSelf(context: RuleContext, { backends }: PoolConfig, path: Path): Problem[] {
  return backends.flatMap((backend, index) => {
    const self = "file" in backend ? undefined : ownListenerOf(context, backend);
    if (self === undefined) return [];
    return [problemAt(context, [...path, index], `must not be ${self}`)];
  });
}

/** The listener that a backend is, in words; undefined if it is none. Where SRV records lead, nobody knows yet. */
export function ownListenerOf(
  { head, hasFile }: RuleContext,
  address: BackendAddress,
): string | undefined {
  if ("url" in address && socketPathOf(address.url) !== undefined) {
    const name = findOwnSocket(head?.listeners ?? {}, address.url);
    return name && `this balancer's own listener ${name}`;
  }
  const place = "url" in address ? placeOf(address.url) : address.source;
  if (!("port" in place)) return undefined;
  const hostname = "hostname" in place ? place.hostname : place.name;
  const name = findOwnListener(head?.listeners ?? {}, hostname, place.port);
  if (name === undefined) return undefined;
  return hasFile ? `this balancer's own listener ${name}` : "this balancer itself";
}

function placeOf(url: string): { readonly hostname: string; readonly port: number } {
  const { protocol, hostname, port } = new URL(url);
  return { hostname, port: Number(port || (protocol === "https:" ? 443 : 80)) };
}

/** What unix sockets cannot have. */
function checkSockets(context: RuleContext, pool: PoolConfig, path: Path): Problem[] {
  const problems = pool.backends.flatMap((backend, index) => {
    const refusal = "url" in backend ? refuseSocket(context, backend) : undefined;
    return refusal === undefined ? [] : [problemAt(context, [...path, "backends", index], refusal)];
  });
  const hasOnlySockets = pool.backends.every((backend) =>
    "url" in backend && socketPathOf(backend.url) !== undefined
  );
  if (hasOnlySockets && pool.health?.port !== undefined) {
    const message = "has no effect if all backends are unix sockets";
    problems.push(problemAt(context, [...path, "health", "port"], message));
  }
  return problems;
}

/** Why the engine cannot use a backend; undefined if it can. Deno gives fetch no abstract sockets. */
export function refuseSocket(context: RuleContext, address: BackendAddress): string | undefined {
  if (context.head?.engine === "tcp" || !("url" in address) || !isAbstract(address.url)) {
    return undefined;
  }
  return `needs ${assignment(context, ["engine"], "tcp")}: fetch opens no abstract sockets`;
}
