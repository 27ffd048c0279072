/** Routes as requests pass through them: compiled from the configuration, once. */
import type { Configuration, PoolConfig, RouteConfig } from "../config/model.ts";
import { textOf } from "../config/values/content.ts";
import type { ErrorPages } from "../http/local_reply.ts";
import { hasPathPrefix } from "../http/path_climb.ts";
import type { ProxyVersion } from "../net/proxy_header/write.ts";
import { isOneOf } from "../http/status_ranges.ts";
import type { Pool } from "../pool/pool.ts";
import type { RetryBudget } from "../retry_budget.ts";
import type { StatusCounts } from "../shared_memory/status_counts.ts";
import type { Match } from "./conditions.ts";
import { compileGuards, type Guards, type GuardTools } from "./guards.ts";
import { compileChanges, type HeaderChanges } from "./header_changes.ts";
import type { Redirect } from "./location.ts";
import { rewritePath } from "./rewrite_path.ts";
import { routeIdOf } from "./route_id.ts";
import { type Chosen, createSplit } from "./split.ts";
import { compileTemplate, type Template } from "./template.ts";

/** A pool that serves, with what belongs to it. */
export interface ServingPool {
  readonly name: string;
  readonly config: PoolConfig;
  readonly pool: Pool;
  readonly budget: RetryBudget;
}

/** In milliseconds. */
export type Timeouts = PoolConfig["timeouts"];

/** Where a route sends requests: a pool, and what the route changes of its settings. */
export interface Destination {
  /** The name of the pool. */
  readonly name: string;
  readonly pool: Pool;
  readonly budget: RetryBudget;
  /** Attempts per request, 1 or more. */
  readonly maxAttempts: number;
  /** Whether an answer with this status is retried like a failure; undefined if none is. */
  readonly retriesStatus: ((status: number) => boolean) | undefined;
  readonly timeouts: Timeouts;
  /** Whether requests must not leave the path prefix of a backend. */
  readonly keepsPrefix: boolean;
  /** The version of the PROXY header that backends get; undefined if they get none. */
  readonly proxyProtocol: ProxyVersion | undefined;
  /** Counts the requests that took this way. */
  readonly requests: StatusCounts;
}

/** What a route does with a request. */
export type Action =
  | { readonly kind: "forward"; readonly destination: Destination }
  | {
    readonly kind: "split";
    readonly choose: (
      request: { header(name: string): string | undefined },
      isSecure: boolean,
    ) => Chosen<Destination>;
  }
  | { readonly kind: "redirect"; readonly redirect: Redirect }
  | { readonly kind: "respond"; readonly response: OwnResponse };

/** A response of the route itself. */
export interface OwnResponse {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: Template])[];
  readonly body: string;
}

/** What changes on the way to a backend. */
export interface RequestChanges {
  /** The path and query for the backend, from those received. */
  readonly path: ((path: string) => string) | undefined;
  /** The Host for the backend. */
  readonly host: string | undefined;
  readonly headers: HeaderChanges | undefined;
}

export interface Route {
  /** Stands in the log. */
  readonly id: string;
  /** Whether there is no other: then the log need not name it. */
  readonly isOnly: boolean;
  readonly match: Match;
  /** What it asks of a request first; undefined if nothing. */
  readonly guards: Guards | undefined;
  readonly action: Action;
  /** Undefined if nothing changes. */
  readonly request: RequestChanges | undefined;
  readonly response: HeaderChanges | undefined;
  /** Its own, and those of the whole configuration. */
  readonly errorPages: ErrorPages;
  /** Counts the requests that it has answered itself. */
  readonly answers: StatusCounts;
}

/** What all routes of a configuration have in common. */
export interface RouteSurroundings {
  readonly pools: ReadonlyMap<string, ServingPool>;
  /** Whether there is only one route. */
  readonly isOnly: boolean;
  /** Of the whole configuration: a route's own come before them. */
  readonly errorPages: RouteConfig["errorPages"];
  /** The most bytes of a body, unless a route says otherwise. */
  readonly maxBodySize: number;
  readonly guardTools: GuardTools;
  /** The counts of requests of a route to a pool, or of those that it answers itself. */
  readonly countsOf: (route: string, pool?: string) => StatusCounts;
  /** 0 up to 1. */
  readonly random: () => number;
}

/** All routes of a configuration, in its order. */
export function compileRoutes(
  { routes, errorPages, limits }: Pick<Configuration, "routes" | "errorPages" | "limits">,
  given: Pick<RouteSurroundings, "pools" | "guardTools" | "countsOf" | "random">,
): Route[] {
  const surroundings = {
    ...given,
    isOnly: routes.length === 1,
    errorPages,
    maxBodySize: limits.bodySize,
  };
  return routes.map((route) => compileRoute(route, surroundings));
}

function compileRoute(
  config: RouteConfig,
  surroundings: RouteSurroundings,
): Route {
  const { isOnly, errorPages, maxBodySize, guardTools, countsOf } = surroundings;
  const id = routeIdOf(config);
  return {
    id,
    isOnly,
    match: config.match,
    guards: compileGuards(config, id, maxBodySize, guardTools),
    action: compileAction(config, id, surroundings),
    request: compileRequestChanges(config),
    response: compileChanges(config.responseHeaders),
    errorPages: compilePages({ ...errorPages, ...config.errorPages }),
    answers: countsOf(id),
  };
}

/** Pages by their statuses, as they are sent. */
export function compilePages(pages: RouteConfig["errorPages"]): ErrorPages {
  return new Map(
    Object.entries(pages).map(([status, page]) => [Number(status), textOf(page)]),
  );
}

function compileAction(
  config: RouteConfig,
  id: string,
  { pools, countsOf, random }: RouteSurroundings,
): Action {
  const { pool, split, splitOn, redirect, respond } = config;
  const to = (name: string) => destinationOf(pools.get(name)!, config, countsOf(id, name));
  if (redirect !== undefined) return { kind: "redirect", redirect };
  if (respond !== undefined) {
    const { status, headers, body } = respond;
    const fields = Object.entries(headers)
      .map(([name, value]) => [name.toLowerCase(), compileTemplate(value)] as const);
    const text = body === undefined ? "" : textOf(body);
    return { kind: "respond", response: { status, fields, body: text } };
  }
  if (split === undefined) return { kind: "forward", destination: to(pool!) };
  const sides = Object.entries(split).filter(([, weight]) => weight > 0)
    .map(([name, weight]) => [to(name), weight] as const);
  return { kind: "split", choose: createSplit(sides, splitOn, random) };
}

function destinationOf(
  { name, pool, budget, config }: ServingPool,
  { timeouts, retry }: RouteConfig,
  requests: StatusCounts,
): Destination {
  // A route that says off turns off what the pool says.
  const statuses = "onStatus" in retry ? retry.onStatus : config.retry.onStatus;
  return {
    name,
    pool,
    budget,
    maxAttempts: retry.attempts ?? config.retry.attempts,
    retriesStatus: statuses && ((status) => isOneOf(statuses, status)),
    timeouts: { ...config.timeouts, ...given(timeouts) },
    keepsPrefix: hasPathPrefix(pool.backends),
    proxyProtocol: config.proxyProtocol,
    requests,
  };
}

/** Without the settings that are absent. */
function given(timeouts: RouteConfig["timeouts"]): Partial<Timeouts> {
  return Object.fromEntries(
    Object.entries(timeouts).filter(([, value]) => value !== undefined),
  );
}

/** @returns undefined if nothing changes */
export function compileRequestChanges(config: RouteConfig): RequestChanges | undefined {
  const { match, stripPrefix, replacePrefix, rewriteHost } = config;
  const prefix = match.pathPrefix ?? "/";
  const replacement = stripPrefix ? "/" : replacePrefix;
  const path = replacement === undefined
    ? undefined
    : (path: string) => rewritePath(path, prefix, replacement);
  const { set, add, remove } = config.requestHeaders;
  const setsPrefix = Object.keys(set).some((name) => name.toLowerCase() === "x-forwarded-prefix");
  const stripped = stripPrefix && prefix !== "/" && !setsPrefix
    ? { "X-Forwarded-Prefix": prefix }
    : {};
  // A password that was checked here is no matter of the backend.
  const removed = config.basicAuth === undefined ? remove : [...remove, "authorization"];
  const headers = compileChanges({ set: { ...stripped, ...set }, add, remove: removed });
  if (path === undefined && rewriteHost === undefined && headers === undefined) return undefined;
  return { path, host: rewriteHost, headers };
}
