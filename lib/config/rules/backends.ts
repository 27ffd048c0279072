/** A balancer must not be its own backend. */
import type { Problem } from "../problems/problem.ts";
import type { PoolConfig } from "../model.ts";
import type { Path } from "../tree/node.ts";
import type { BackendAddress } from "../values/listed_backend.ts";
import { findOwnListener } from "../values/own_listener.ts";
import { problemAt, type RuleContext } from "./context.ts";

export function checkBackends(context: RuleContext): Problem[] {
  return [...context.pools].flatMap(([name, pool]) =>
    pool === undefined ? [] : findSelf(context, pool, ["pools", name, "backends"])
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
