/** Finds routes that can never match, since others take all that they would take. */
import type { Problem } from "../config/problems/problem.ts";
import { problemAtKey, type RuleContext } from "../config/rules/context.ts";
import { covers, coversHost } from "./covers.ts";
import { compare, type Ranked } from "./precedence.ts";
import { routeIdOf } from "./route_id.ts";

export function checkReachable(context: RuleContext): Problem[] {
  const routes = context.routes ?? [];
  const ranked = routes.flatMap((route, order): Ranked[] =>
    route === undefined ? [] : (route.match.host ?? [undefined]).map((host) => ({
      host,
      match: route.match,
      order,
    }))
  );
  return routes.flatMap((route, order) => {
    const own = ranked.filter((candidate) => candidate.order === order);
    const takers = own.map((candidate) => findTaker(candidate, ranked));
    const [taker] = takers;
    if (route === undefined || taker === undefined || takers.includes(undefined)) return [];
    const names = [...new Set(takers.map((taker) => nameOf(context, taker!.order)))];
    const message = `can never match: ${names.join(" and ")} ${
      names.length === 1 ? "takes" : "take"
    } all of its requests before`;
    return [problemAtKey(context, ["routes", order], message)];
  });
}

function findTaker(candidate: Ranked, all: readonly Ranked[]): Ranked | undefined {
  return all.find((other) =>
    other.order !== candidate.order && compare(other, candidate) < 0 &&
    coversHost(other.host, candidate.host) && covers(other.match, candidate.match)
  );
}

function nameOf({ routes }: RuleContext, order: number): string {
  return `routes[${order}] (${routeIdOf(routes![order]!)})`;
}
