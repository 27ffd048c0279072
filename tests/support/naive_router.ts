/**
 * Routing as the rules say it, read one by one: slow, and written for the tests alone as an oracle. It takes
 * no path apart into a tree and no host into a table.
 */
import type { Match } from "../../lib/routing/conditions.ts";

export interface NaiveRequest {
  readonly method: string;
  /** In lower case, without a port. */
  readonly host: string;
  /** Normalised, without a query. */
  readonly path: string;
  readonly query: string;
  readonly listener: string;
  readonly client: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** @returns the place of the route that takes the request; -1 if none does */
export function naiveRoute(matches: readonly Match[], request: NaiveRequest): number {
  const takers = matches.flatMap((match, order) =>
    (match.host ?? [""]).filter((host) => hostFits(host, request.host))
      .filter(() => fits(match, request))
      .map((host) => ({ order, rank: rankOf(host, match) }))
  );
  takers.sort((a, b) => {
    const at = a.rank.findIndex((value, index) => value !== b.rank[index]);
    return at === -1 ? a.order - b.order : b.rank[at]! - a.rank[at]!;
  });
  return takers[0]?.order ?? -1;
}

function hostFits(pattern: string, host: string): boolean {
  if (pattern === "" || pattern === host) return true;
  if (!pattern.startsWith("*.")) return false;
  const suffix = pattern.slice(1);
  return host.endsWith(suffix) && host.length > suffix.length && !host.startsWith(".");
}

function fits(match: Match, request: NaiveRequest): boolean {
  const { path, pathPrefix, methods, listener, client } = match;
  if (path !== undefined && request.path !== path) return false;
  if (pathPrefix !== undefined && pathPrefix !== "/") {
    const wanted = pathPrefix.split("/");
    const found = request.path.split("/");
    if (wanted.some((segment, index) => found[index] !== segment)) return false;
  }
  const method = request.method === "HEAD" && methods?.includes("GET") ? "GET" : request.method;
  if (methods !== undefined && !methods.includes(method)) return false;
  if (listener !== undefined && !listener.includes(request.listener)) return false;
  if (client !== undefined && !client.includes(request.client)) return false;
  const parameters = new URLSearchParams(request.query);
  return valuesFit(match.headers, (name) => request.headers[name.toLowerCase()]) &&
    valuesFit(match.query, (name) => parameters.get(name) ?? undefined);
}

function valuesFit(
  wanted: Match["headers"],
  valueOf: (name: string) => string | undefined,
): boolean {
  return Object.entries(wanted ?? {}).every(([name, value]) => {
    const found = valueOf(name);
    if ("present" in value) return value.present === (found !== undefined);
    if (found === undefined) return false;
    return "equals" in value ? value.equals === found : new RegExp(value.matches).test(found);
  });
}

/** Larger numbers win, the first that differs decides. */
function rankOf(host: string, match: Match): number[] {
  return [
    host === "" ? 0 : host.startsWith("*.") ? 1 : 2,
    host.startsWith("*.") ? host.length : 0,
    match.path !== undefined ? 1 : 0,
    match.path !== undefined ? 0 : (match.pathPrefix ?? "/").length,
    match.methods === undefined ? 0 : 1,
    Object.keys(match.headers ?? {}).length,
    Object.keys(match.query ?? {}).length,
    match.client !== undefined || match.listener !== undefined ? 1 : 0,
  ];
}
