/** Pools, and the routes that name them. */
import type { RouteConfig } from "../model.ts";
import type { Problem } from "../problems/problem.ts";
import { nodeAt, type Path } from "../tree/node.ts";
import { suggest } from "../values/suggest.ts";
import { problemAt, problemAtKey, type RuleContext } from "./context.ts";

const MISSING = 'is missing: it must name backends, as in { "users": { "backends": [...] } }';

export function checkPools(context: RuleContext): Problem[] {
  const { pools, routes, hasFile } = context;
  if (!hasFile) return []; // the environment's only pool gets everything
  if (pools.size === 0) {
    const found = nodeAt(context.root, ["pools"]);
    if (found === undefined) return [problemAtKey(context, ["pools"], MISSING)];
    return found.kind === "object" ? [problemAt(context, ["pools"], "must have a pool")] : [];
  }
  if (routes?.length === 0) {
    return [
      problemAt(context, ["routes"], "must have a route: without any, each request gets 404"),
    ];
  }
  const isComplete = routes?.every((route) => route !== undefined) ?? false;
  const named = (routes ?? []).flatMap((route, index) =>
    route === undefined ? [] : poolsOf(route, ["routes", index])
  );
  const unknown = named.filter(({ pool }) => !pools.has(pool)).map(({ pool, path, isKey }) => {
    const meant = suggest(pool, pools.keys());
    const known = [...pools.keys()].join(", ");
    const message = `must be one of the pools: ${known}`;
    return isKey
      ? { ...problemAtKey(context, path, message), meant: meant && JSON.stringify(meant) }
      : problemAt(context, path, message, {
        found: JSON.stringify(pool),
        meant: meant && JSON.stringify(meant),
      });
  });
  if (routes === undefined && context.root.entries.has("routes")) return unknown;
  if (routes === undefined) return pools.size === 1 ? [] : [noRoutes(context)];
  const used = new Set(named.map(({ pool }) => pool));
  const unused = isComplete ? [...pools.keys()].filter((name) => !used.has(name)) : [];
  return [
    ...unknown,
    ...unused.map((name): Problem => ({
      ...problemAtKey(context, ["pools", name], "is used by no route"),
      severity: "warning",
    })),
  ];
}

interface NamedPool {
  readonly pool: string;
  readonly path: Path;
  readonly isKey: boolean;
}

function poolsOf({ pool, split }: RouteConfig, path: Path): NamedPool[] {
  return [
    ...(pool === undefined ? [] : [{ pool, path: [...path, "pool"], isKey: false }]),
    ...Object.keys(split ?? {}).map((pool) => ({
      pool,
      path: [...path, "split", pool],
      isKey: true,
    })),
  ];
}

function noRoutes(context: RuleContext): Problem {
  return problemAtKey(
    context,
    ["pools"],
    "must be only one if there are no routes: nothing says which requests each pool gets",
  );
}
