/**
 * Finds the route of a request. The routes are compiled once, so that a request costs the same for 5 and for
 * 500 of them: a table of hosts, then a tree of paths, then the conditions of the few that are left.
 */
import { isPlainPath } from "../http/plain_path.ts";
import { remembered } from "../http/remembered.ts";
import { normalizePath } from "../http/normal_path.ts";
import { isAmbiguous, readingsOf } from "../http/path_readings.ts";
import {
  allHold,
  type Condition,
  conditionsOf,
  type ConditionTools,
  type Match,
} from "./conditions.ts";
import { hostOf, pathOf, type RoutingFacts } from "./facts.ts";
import { HostTable } from "./host_table.ts";
import { PathTree } from "./path_tree.ts";
import { compareConditions, type Ranked } from "./precedence.ts";

/** Of hosts that are remembered: no name is longer (RFC 1035, 2.3.4), with its port. */
const MAX_HOST_CHARACTERS = 255 + ":65535".length;

/** What a router chooses from. */
export interface Routable {
  readonly match: Match;
}

/**
 * Servers read the path in different ways, and another route would take it if it is read in another way, or
 * they do not agree where it leads at all: such a request is answered 400.
 */
export const AMBIGUOUS = Symbol("ambiguous path");

export interface Router<Route> {
  /**
   * The route of a request.
   *
   * @returns undefined if no route takes it
   */
  readonly find: (request: RoutingFacts) => Route | undefined | typeof AMBIGUOUS;
  /** Whether there is one route, and it takes every request. */
  readonly takesAll: boolean;
}

interface Candidate<Route> extends Ranked {
  readonly route: Route;
  readonly conditions: readonly Condition[];
}

/** @param routes in the order of the file */
export function createRouter<Route extends Routable>(
  routes: readonly Route[],
  tools: ConditionTools,
): Router<Route> {
  const [first] = routes;
  if (first !== undefined && takesAll(first.match) && routes.length === 1) {
    return { find: () => first, takesAll: true };
  }
  const hosts = new HostTable<PathTree<Candidate<Route>, RoutingFacts>>();
  for (const [order, route] of routes.entries()) {
    const { match } = route;
    const conditions = conditionsOf(match, tools);
    for (const host of match.host ?? [undefined]) {
      const tree = hosts.at(host, () => new PathTree());
      const candidate = { host, match, order, route, conditions };
      if (match.path !== undefined) tree.addExact(match.path, candidate);
      else tree.addPrefix(match.pathPrefix ?? "/", candidate);
    }
  }
  for (const tree of hosts.values()) tree.sort(compareConditions);
  const asksForPaths = routes.some(({ match }) => asksForPath(match));

  const anyHost = hosts.valuesFor("");
  const treesAt = remembered((host) => hosts.valuesFor(hostOf(host)), MAX_HOST_CHARACTERS);
  const treesFor = hosts.asksForHosts
    ? (request: RoutingFacts) => treesAt(request.host)
    : () => anyHost;

  function findIn(trees: typeof anyHost, path: string, request: RoutingFacts): Route | undefined {
    for (let i = 0; i < trees.length; i++) {
      const found = trees[i]!.find(path, request, accepts);
      if (found !== undefined) return found.route;
    }
    return undefined;
  }

  return {
    takesAll: false,
    find(request) {
      const trees = treesFor(request);
      if (!asksForPaths) return findIn(trees, "/", request);
      const received = pathOf(request.path);
      if (isPlainPath(received)) return findIn(trees, received, request);
      const found = findIn(trees, normalizePath(received), request);
      if (!isAmbiguous(received)) return found;
      const isSame = readingsOf(received)?.every((reading) =>
        findIn(trees, reading, request) === found
      );
      return isSame === true ? found : AMBIGUOUS;
    },
  };
}

function accepts({ conditions }: Candidate<unknown>, request: RoutingFacts): boolean {
  return conditions.length === 0 || allHold(conditions, request);
}

/** Whether the path of a request matters to a match. */
export function asksForPath({ path, pathPrefix = "/" }: Match): boolean {
  return path !== undefined || pathPrefix !== "/";
}

/** Whether a match takes every request. */
function takesAll(match: Match): boolean {
  const { pathPrefix = "/", ...others } = match;
  return pathPrefix === "/" && Object.values(others).every((value) => value === undefined);
}
