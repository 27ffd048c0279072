/** Says what would come of a request, by routing alone: for `check --request` and the `tests` of a file. */
import type { Configuration, RouteConfig } from "../config/model.ts";
import type { RequestText } from "../config/values/request_text.ts";
import type { Field } from "../http/headers.ts";
import type { ConditionTools } from "./conditions.ts";
import { type Considered, explain, takenOf } from "./explain.ts";
import { pathOf, type RoutingFacts } from "./facts.ts";
import { changeFields, compileChanges } from "./header_changes.ts";
import { locationOf } from "./location.ts";
import { compileRequestChanges } from "./route.ts";
import { routeIdOf } from "./route_id.ts";
import { createSplit } from "./split.ts";
import type { Filling } from "./template.ts";

/** A request, as somebody who tries it writes it. */
export interface TriedRequest extends RequestText {
  readonly client: string;
  readonly listener: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What would come of it. */
export interface Answer {
  readonly considered: readonly Considered<RouteConfig>[];
  /** The id of the route; undefined if no route takes it. */
  readonly route: string | undefined;
  /** The pools that it may be sent to: several if it is split, and its client has no place yet. */
  readonly pools: readonly string[];
  /** The path that the backend gets behind its own, without the query. */
  readonly path: string | undefined;
  /** The status of our own answer; undefined if it is sent to a backend. */
  readonly status: number | undefined;
  readonly location: string | undefined;
  /** Headers that a backend gets, or the client gets from us, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What else there is to say. */
  readonly note: string | undefined;
}

/** Where a request comes in if nobody says so: the first listener of its scheme, or else the first one. */
export function usualListener(
  listeners: Configuration["listeners"],
  scheme: TriedRequest["scheme"],
): string {
  const all = Object.entries(listeners);
  const fitting = all.find(([, { tls }]) => (tls !== undefined) === (scheme === "https"));
  return (fitting ?? all[0])?.[0] ?? "";
}

export function tryRequest(
  routes: readonly RouteConfig[],
  request: TriedRequest,
  tools: ConditionTools,
): Answer {
  const headers = new Map(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const header = (name: string) => headers.get(name.toLowerCase());
  const facts: RoutingFacts = { ...request, header };
  const { considered, path, otherPath, isUnclear } = explain(routes, facts, tools);
  const route = takenOf(considered);
  const nothing: Answer = {
    considered,
    route: undefined,
    pools: [],
    path: undefined,
    status: 404,
    location: undefined,
    headers: {},
    note: "no route takes it",
  };
  if (otherPath !== undefined) {
    const note =
      `lenient servers read the path ${path} as ${otherPath}, which does not have the same route`;
    return { ...nothing, status: 400, note };
  }
  if (isUnclear) {
    const note = `servers do not agree where the path ${pathOf(request.path)} leads`;
    return { ...nothing, status: 400, note };
  }
  if (route === undefined) return nothing;
  const id = routeIdOf(route);
  const fill: Filling = (name) => {
    if (name === "client") return request.client;
    if (name === "host") return request.host;
    if (name === "method") return request.method;
    if (name === "path") return pathOf(request.path);
    return name === "route" ? id : `{${name}}`;
  };
  const known = { ...nothing, route: id, note: undefined };
  if (route.redirect !== undefined) {
    const location = locationOf(route.redirect, request);
    const headers = joined(answered(route, [["location", location]], fill));
    return { ...known, status: route.redirect.status, location, headers };
  }
  if (route.respond !== undefined) {
    const { status, headers } = route.respond;
    const changes = compileChanges({ set: headers, add: {}, remove: [] });
    return { ...known, status, headers: joined(answered(route, changes?.lines(fill) ?? [], fill)) };
  }
  const changes = compileRequestChanges(route);
  const received = [...headers, ["host", changes?.host ?? request.host] as const];
  const sent = changes?.headers ? changeFields(received, changes.headers, fill) : received;
  return {
    ...known,
    status: undefined,
    pools: poolsFor(route, header),
    path: pathOf(changes?.path?.(request.path) ?? request.path),
    headers: joined(sent),
  };
}

/** The fields of a route's own answer, with its header changes. */
function answered(
  { responseHeaders }: RouteConfig,
  fields: readonly Field[],
  fill: Filling,
): readonly Field[] {
  const changes = compileChanges(responseHeaders);
  return changes === undefined ? fields : changeFields(fields, changes, fill);
}

/** By name; the lines of one name are joined as RFC 9110, 5.3, allows. */
function joined(fields: readonly Field[]): Readonly<Record<string, string>> {
  const values = new Map<string, string>();
  for (const [name, value] of fields) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(values);
}

function poolsFor(
  { pool, split, splitOn }: RouteConfig,
  header: (name: string) => string | undefined,
): readonly string[] {
  if (pool !== undefined) return [pool];
  const sides = Object.entries(split ?? {}).filter(([, weight]) => weight > 0);
  const { side, cookie } = createSplit(sides, splitOn, () => 0)({ header }, false);
  // Without a cookie, or with one that says nothing, chance decides.
  const isPlaced = splitOn !== undefined && cookie === undefined;
  return isPlaced ? [side] : sides.map(([name]) => name);
}
