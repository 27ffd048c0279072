/** The Location of a redirect: absolute, with what the route leaves out kept from the request (RFC 9110, 10.2.2). */
import type { RouteConfig } from "../config/model.ts";

export type Redirect = NonNullable<RouteConfig["redirect"]>;

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** A request as its client sees it. */
export interface Visited {
  readonly scheme: "http" | "https";
  /** Host and port. */
  readonly host: string;
  /** Path and query as received. */
  readonly path: string;
}

export function locationOf(redirect: Redirect, visited: Visited): string {
  const scheme = redirect.scheme ?? visited.scheme;
  const [, name = "", digits] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(visited.host) ?? [];
  const host = redirect.host === undefined ? name : bracketed(redirect.host);
  // The port belongs to the scheme and the host that it was given with.
  const isElsewhere = redirect.host !== undefined || scheme !== visited.scheme;
  const kept = isElsewhere || !digits ? undefined : Number(digits);
  const port = redirect.port ?? kept;
  const suffix = port === undefined || port === DEFAULT_PORTS[scheme] ? "" : `:${port}`;
  return `${scheme}://${host}${suffix}${visible(pathFor(redirect.path, visited.path))}`;
}

function pathFor(path: string | undefined, visited: string): string {
  if (path === undefined) return visited;
  const query = visited.indexOf("?");
  return path.includes("?") || query === -1 ? path : path + visited.slice(query);
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** All but visible ASCII is percent-encoded: a field must not have it. */
function visible(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}
