/** Says what would come of a request, by routing alone: for `check --request` and the `tests` of a file. */
import type { RouteConfig } from "../config/model.ts";
import { isAuthority } from "../http/authority.ts";
import type { Field } from "../http/headers.ts";
import type { ConditionTools } from "./conditions.ts";
import { type Considered, explain, takenOf } from "./explain.ts";
import { pathOf, type RoutingFacts } from "./facts.ts";
import { changeFields, compileChanges } from "./header_changes.ts";
import { locationOf } from "./location.ts";
import { rewritePath } from "./rewrite_path.ts";
import { routeIdOf } from "./route_id.ts";
import { cookieValues } from "../http/cookies.ts";
import { createSplit } from "./split.ts";
import type { Filling } from "./template.ts";

/** A request, as somebody who tries it writes it. */
export interface TriedRequest {
  readonly method: string;
  readonly scheme: "http" | "https";
  /** Host and port. */
  readonly host: string;
  /** Path and query. */
  readonly path: string;
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

/** `GET https://api.example.com/users/7?v=2`; a method alone is optional. */
const REQUEST = /^(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+) +)?(https?):\/\/([^/?#]+)([^#]*)$/;

/** @returns undefined if the text is no method and URL */
export function parseRequest(
  text: string,
): Pick<TriedRequest, "method" | "scheme" | "host" | "path"> | undefined {
  const [, method = "GET", scheme, host, rest = ""] = REQUEST.exec(text.trim()) ?? [];
  if (host === undefined || !isAuthority(host)) return undefined;
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  return { method, scheme: scheme as "http" | "https", host, path };
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
    const note = `lenient servers read the path ${path} as ${otherPath}, which another route takes`;
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
    const headers = answered(route, [["location", location]], fill);
    return { ...known, status: route.redirect.status, location, headers };
  }
  if (route.respond !== undefined) {
    const { status, headers } = route.respond;
    const changes = compileChanges({ set: headers, add: {}, remove: [] });
    return { ...known, status, headers: answered(route, changes?.lines(fill) ?? [], fill) };
  }
  const changes = compileChanges(route.requestHeaders);
  const received = [...headers, ["host", route.rewriteHost ?? request.host] as const];
  const sent = changes === undefined ? received : changeFields(received, changes, fill);
  return {
    ...known,
    status: undefined,
    pools: poolsFor(route, header),
    path: pathFor(route, request.path),
    headers: Object.fromEntries(sent),
  };
}

/** The fields of a route's own answer, with its header changes. */
function answered(
  { responseHeaders }: RouteConfig,
  fields: readonly Field[],
  fill: Filling,
): Answer["headers"] {
  const changes = compileChanges(responseHeaders);
  return Object.fromEntries(changes === undefined ? fields : changeFields(fields, changes, fill));
}

function pathFor({ match, stripPrefix, replacePrefix }: RouteConfig, path: string): string {
  const replacement = stripPrefix ? "/" : replacePrefix;
  if (replacement === undefined) return pathOf(path);
  return pathOf(rewritePath(path, match.pathPrefix ?? "/", replacement));
}

function poolsFor(
  { pool, split, splitOn }: RouteConfig,
  header: (name: string) => string | undefined,
): readonly string[] {
  if (pool !== undefined) return [pool];
  const sides = Object.entries(split ?? {}).filter(([, weight]) => weight > 0);
  const hasPlace = splitOn !== undefined && cookieValues(header("cookie"), splitOn).length > 0;
  if (!hasPlace) return sides.map(([name]) => name);
  return [createSplit(sides, splitOn, () => 0)({ header }, false).side];
}
