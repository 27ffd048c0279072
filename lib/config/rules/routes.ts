/** Each route by itself: its action, and settings that need each other. */
import type { RouteConfig } from "../model.ts";
import type { Problem } from "../problems/problem.ts";
import { hasReference } from "../tree/as_written.ts";
import { entryAt, nodeAt, type Path } from "../tree/node.ts";
import { problemAt, problemAtKey, type RuleContext } from "./context.ts";

const ACTIONS = ["pool", "split", "redirect", "respond"] as const;

/** Settings that change what a backend gets, or how it is asked: they need a pool. */
const FOR_POOLS = [
  "stripPrefix",
  "replacePrefix",
  "rewriteHost",
  "requestHeaders",
  "timeouts",
  "retry",
] as const;

export function checkRoutes(context: RuleContext): Problem[] {
  const names = new Map<string, number>();
  return (context.routes ?? []).flatMap((route, index) => {
    if (route === undefined) return [];
    const path: Path = ["routes", index];
    const problems = [
      ...checkAction(context, route, path),
      ...checkPrefix(context, route, path),
      ...checkLimits(context, route, path),
      ...checkEffects(context, route, path),
      ...checkId(context, route, path),
    ];
    const { name } = route;
    if (name === undefined) return problems;
    const first = names.get(name);
    if (first === undefined) names.set(name, index);
    else problems.push(problemAt(context, [...path, "name"], differs(first)));
    return problems;
  });
}

function differs(first: number): string {
  return `must differ from that of routes[${first}]`;
}

function checkAction(context: RuleContext, route: RouteConfig, path: Path): Problem[] {
  const given = ACTIONS.filter((action) => route[action] !== undefined);
  if (given.length !== 1) {
    const last = given.at(-1);
    const [only, found] = last === undefined
      ? ["", ""]
      : ["only ", `: found ${given.join(" and ")}`];
    const message = `must have ${only}one of ${ACTIONS.join(", ")}${found}`;
    if (last === undefined) return [problemAtKey(context, path, message)];
    return [{ ...problemAtKey(context, [...path, last], message), path }];
  }
  const problems: Problem[] = [];
  const written = (key: string) => entryAt(context.root, [...path, key]) !== undefined;
  if (route.pool === undefined && route.split === undefined) {
    for (const setting of FOR_POOLS.filter(written)) {
      problems.push(
        problemAtKey(context, [...path, setting], "has no effect without pool or split"),
      );
    }
  }
  if (route.splitOn !== undefined && route.split === undefined) {
    problems.push(problemAtKey(context, [...path, "splitOn"], "has no effect without split"));
  }
  if (route.split !== undefined && Object.values(route.split).every((weight) => weight === 0)) {
    problems.push(problemAt(context, [...path, "split"], "must have a pool with a weight above 0"));
  }
  if (route.redirect !== undefined && isSelfRedirect(route)) {
    problems.push(
      problemAt(context, [...path, "redirect"], "must have a scheme, host, port or path to go to"),
    );
  }
  return problems;
}

/** A redirect that changes nothing leads to itself. */
function isSelfRedirect({ redirect }: RouteConfig): boolean {
  const { scheme, host, port, path } = redirect!;
  return scheme === undefined && host === undefined && port === undefined && path === undefined;
}

function checkPrefix(context: RuleContext, route: RouteConfig, path: Path): Problem[] {
  const { match, stripPrefix, replacePrefix } = route;
  const problems: Problem[] = [];
  if (match.path !== undefined && match.pathPrefix !== undefined) {
    problems.push(
      problemAtKey(context, [...path, "match", "path"], "must not be there beside pathPrefix"),
    );
  }
  for (
    const [setting, isSet] of [["stripPrefix", stripPrefix], [
      "replacePrefix",
      replacePrefix !== undefined,
    ]] as const
  ) {
    if (!isSet || match.pathPrefix !== undefined) continue;
    problems.push(
      problemAtKey(context, [...path, setting], "has no effect without match.pathPrefix"),
    );
  }
  if (stripPrefix && replacePrefix !== undefined) {
    problems.push(
      problemAtKey(context, [...path, "replacePrefix"], "must not be there beside stripPrefix"),
    );
  }
  return problems;
}

/** Settings that change nothing beside others of the same route. */
function checkEffects(context: RuleContext, route: RouteConfig, path: Path): Problem[] {
  const idle: [Path, string][] = [];
  const forwards = route.pool !== undefined || route.split !== undefined;
  if (!forwards && route.limits.inFlight !== Infinity) {
    idle.push([["limits", "inFlight"], "without pool or split"]);
  }
  if (route.retry?.attempts === 1 && route.retry.onStatus !== undefined) {
    idle.push([["retry", "onStatus"], "with attempts 1"]);
  }
  return idle.map(([setting, otherwise]) =>
    problemAtKey(context, [...path, ...setting], `has no effect ${otherwise}`)
  );
}

/** Without a name its id has what its match asks for, and stands in the log. */
function checkId(context: RuleContext, { name }: RouteConfig, path: Path): Problem[] {
  const secret = [["match", "headers"], ["match", "query"]].map((setting) => [...path, ...setting])
    .find((setting) => hasReference(nodeAt(context.root, setting)));
  if (name !== undefined || secret === undefined) return [];
  const message =
    "needs the route to have a name: the log would have what the reference stands for";
  return [problemAtKey(context, secret, message)];
}

/** What is counted over all workers, and lives on through reloads, is found by the route's name. */
function checkLimits(context: RuleContext, route: RouteConfig, path: Path): Problem[] {
  if (route.name !== undefined) return [];
  const counted: Path[] = [];
  if (route.rateLimit !== undefined) counted.push([...path, "rateLimit"]);
  if (route.limits.inFlight !== Infinity) counted.push([...path, "limits", "inFlight"]);
  return counted.map((setting) => problemAtKey(context, setting, "needs the route to have a name"));
}
