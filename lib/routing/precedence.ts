/**
 * Which of several matches wins: the Gateway API's precedence (HTTPRouteRule). Host exact, then wildcard by
 * length, then none; path exact, then the longest prefix; methods given; number of headers; number of query
 * parameters; client or listener given; then the order in the file.
 */
import type { Match } from "./conditions.ts";

/** The rank of what is exact: no host or path is as long. */
const EXACT = 1_000_000;

/** A match with one host, as each host of a match ranks by itself. */
export interface Ranked {
  /** Undefined takes every host. */
  readonly host: string | undefined;
  readonly match: Match;
  /** The place of its route in the file. */
  readonly order: number;
}

/** @returns below 0 if the first one wins */
export function compare(a: Ranked, b: Ranked): number {
  return hostRank(b.host) - hostRank(a.host) || pathRank(b.match) - pathRank(a.match) ||
    compareConditions(a, b);
}

/** The same for two matches with the same host and the same path. */
export function compareConditions(a: Ranked, b: Ranked): number {
  return methodsRank(b.match) - methodsRank(a.match) ||
    size(b.match.headers) - size(a.match.headers) || size(b.match.query) - size(a.match.query) ||
    originRank(b.match) - originRank(a.match) || a.order - b.order;
}

/** Exact hosts come before all wildcards, and the longer of two wildcards says more. */
function hostRank(host: string | undefined): number {
  if (host === undefined) return 0;
  return host.startsWith("*.") ? host.length : EXACT;
}

/** A match without a path has the prefix `/`. */
function pathRank({ path, pathPrefix = "/" }: Match): number {
  return path !== undefined ? EXACT : pathPrefix.length;
}

function originRank({ client, listener }: Match): number {
  return client !== undefined || listener !== undefined ? 1 : 0;
}

function methodsRank({ methods }: Match): number {
  return methods !== undefined ? 1 : 0;
}

function size(values: object | undefined): number {
  return values === undefined ? 0 : Object.keys(values).length;
}
