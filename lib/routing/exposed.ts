/**
 * Finds routes by which requests get around what another route asks for: `allow`, `deny` or `basicAuth` of a
 * route to the same pool, whose host and path they share. They get there if the other route takes only some
 * of the requests (its methods, headers …), or if this one comes before it.
 */
import type { RouteConfig } from "../config/model.ts";
import type { Problem } from "../config/problems/problem.ts";
import { problemAtKey, type RuleContext } from "../config/rules/context.ts";
import { coversHost, coversPath } from "./covers.ts";
import { compare } from "./precedence.ts";
import { routeIdOf } from "./route_id.ts";

const GUARDS = ["allow", "deny", "basicAuth"] as const;

export function checkExposed(context: RuleContext): Problem[] {
  const routes = context.routes ?? [];
  return routes.flatMap((open, index) => {
    if (open === undefined) return [];
    for (const [order, guarded] of routes.entries()) {
      if (guarded === undefined || order === index) continue;
      const missing = GUARDS.filter((guard) =>
        guarded[guard] !== undefined && open[guard] === undefined
      );
      if (missing.length === 0 || !getsAround(open, index, guarded, order)) continue;
      const pool = poolsOf(open).find((pool) => poolsOf(guarded).includes(pool));
      const message = `reaches the pool ${pool} without the ${missing.join(" and ")} of ` +
        `routes[${order}] (${routeIdOf(guarded)}), whose host and path overlap`;
      return [{ ...problemAtKey(context, ["routes", index], message), severity: "warning" }];
    }
    return [];
  });
}

/** Whether a request that the guarded route is meant for can reach its pool by the open one. */
function getsAround(
  open: RouteConfig,
  index: number,
  guarded: RouteConfig,
  order: number,
): boolean {
  if (!poolsOf(open).some((pool) => poolsOf(guarded).includes(pool))) return false;
  return hostsOf(open).some((openHost) =>
    hostsOf(guarded).some((guardedHost) => {
      if (!overlap(openHost, guardedHost, coversHost)) return false;
      if (!overlap(open.match, guarded.match, coversPath)) return false;
      const comesBefore = compare(
        { host: openHost, match: open.match, order: index },
        { host: guardedHost, match: guarded.match, order },
      ) < 0;
      return comesBefore || hasConditions(guarded);
    })
  );
}

function overlap<Value>(a: Value, b: Value, covers: (a: Value, b: Value) => boolean): boolean {
  return covers(a, b) || covers(b, a);
}

/** Whether it takes only some of the requests of its host and path. */
function hasConditions({ match }: RouteConfig): boolean {
  const { host: _host, path: _path, pathPrefix: _prefix, ...conditions } = match;
  return Object.values(conditions).some((condition) => condition !== undefined);
}

function hostsOf({ match }: RouteConfig): readonly (string | undefined)[] {
  return match.host ?? [undefined];
}

function poolsOf({ pool, split }: RouteConfig): readonly string[] {
  if (pool !== undefined) return [pool];
  return Object.entries(split ?? {}).filter(([, weight]) => weight > 0).map(([name]) => name);
}
