/** Explains where a request would go, and why each route before was not taken. */
import { normalizePath } from "../http/normal_path.ts";
import { isAmbiguous, readingsOf } from "../http/path_readings.ts";
import { conditionsOf, type ConditionTools } from "./conditions.ts";
import { coversHost } from "./covers.ts";
import { hostOf, pathOf, type RoutingFacts } from "./facts.ts";
import { compare, type Ranked } from "./precedence.ts";
import { asksForPath, type Routable } from "./router.ts";

/** One route that was considered. */
export interface Considered<Route> {
  readonly route: Route;
  /** Why it was not taken, as the rest of a sentence about the request; undefined if it was. */
  readonly reason: string | undefined;
}

export interface Explanation<Route> {
  /** The path by which it was matched. */
  readonly path: string;
  /** The path as some servers read it, if another route would take that. */
  readonly otherPath: string | undefined;
  /** Whether servers disagree where the path leads at all. */
  readonly isUnclear: boolean;
  /** In the order of precedence, up to the one that was taken. */
  readonly considered: readonly Considered<Route>[];
}

/** Reads the routes one by one, as the precedence orders them: the router must come to the same. */
export function explain<Route extends Routable>(
  routes: readonly Route[],
  request: RoutingFacts,
  tools: ConditionTools,
): Explanation<Route> {
  const received = pathOf(request.path);
  const path = normalizePath(received);
  const considered = consider(routes, request, path, tools);
  const asksForPaths = routes.some(({ match }) => asksForPath(match));
  const readings = asksForPaths && isAmbiguous(received) ? readingsOf(received) : [];
  const otherPath = readings?.find((reading) =>
    takenOf(consider(routes, request, reading, tools)) !== takenOf(considered)
  );
  return { path, otherPath, isUnclear: readings === undefined, considered };
}

/** The route that was taken; undefined if none was. */
export function takenOf<Route>(considered: readonly Considered<Route>[]): Route | undefined {
  return considered.find(({ reason }) => reason === undefined)?.route;
}

function consider<Route extends Routable>(
  routes: readonly Route[],
  request: RoutingFacts,
  path: string,
  tools: ConditionTools,
): Considered<Route>[] {
  const ranked = routes.flatMap((route, order): (Ranked & { route: Route })[] =>
    (route.match.host ?? [undefined]).map((host) => ({ host, match: route.match, order, route }))
  ).sort(compare);
  const considered: Considered<Route>[] = [];
  const found = hostOf(request.host);
  const seen = new Set<Route>();
  for (const candidate of ranked) {
    const { route, host, match } = candidate;
    // A route has one line: that of its host which the request is for, if there is one.
    const isElsewhere = match.host?.some((other) => coversHost(other, found)) &&
      !coversHost(host, found);
    if (seen.has(route) || isElsewhere) continue;
    seen.add(route);
    const reason = refuse(candidate, request, path, tools);
    considered.push({ route, reason });
    if (reason === undefined) break;
  }
  return considered;
}

function refuse(
  { host, match }: Ranked,
  request: RoutingFacts,
  path: string,
  tools: ConditionTools,
): string | undefined {
  const found = hostOf(request.host);
  if (!coversHost(host, found)) return `is for the host ${found}, not ${match.host!.join(" or ")}`;
  if (match.path !== undefined && match.path !== path) {
    return `has the path ${path}, not ${match.path}`;
  }
  const prefix = match.pathPrefix ?? "/";
  if (
    match.path === undefined && prefix !== "/" && path !== prefix && !path.startsWith(`${prefix}/`)
  ) {
    return `has the path ${path}, which does not begin with ${prefix}`;
  }
  return conditionsOf(match, tools).find(({ holds }) => !holds(request))?.explain(request);
}
