/** Whether one match takes every request that another one takes. */
import { belongsTo } from "../net/address_list.ts";
import { parseNetwork } from "../net/network.ts";
import type { Match } from "./conditions.ts";

type ValueMatch = NonNullable<Match["headers"]>[string];

/** Everything but the host. False if it is not known. */
export function covers(outer: Match, inner: Match): boolean {
  return coversPath(outer, inner) && coversMethods(outer.methods, inner.methods) &&
    coversNames(outer.listener, inner.listener) && coversClients(outer.client, inner.client) &&
    coversValues(outer.headers, inner.headers, (name) => name.toLowerCase()) &&
    coversValues(outer.query, inner.query, (name) => name);
}

/** @param outer and inner as in a match; undefined is every host */
export function coversHost(outer: string | undefined, inner: string | undefined): boolean {
  if (outer === undefined || outer === inner) return true;
  return inner !== undefined && outer.startsWith("*.") && inner.endsWith(outer.slice(1));
}

/** By the path alone. */
export function coversPath(outer: Match, inner: Match): boolean {
  if (outer.path !== undefined) return outer.path === inner.path;
  const prefix = outer.pathPrefix ?? "/";
  const path = inner.path ?? inner.pathPrefix ?? "/";
  return prefix === "/" || path === prefix || path.startsWith(`${prefix}/`);
}

function coversMethods(outer: Match["methods"], inner: Match["methods"]): boolean {
  if (outer === undefined) return true;
  const has = (method: string) =>
    outer.includes(method) || method === "HEAD" && outer.includes("GET");
  return inner !== undefined && inner.every(has) &&
    (!inner.includes("GET") || has("HEAD"));
}

function coversNames(
  outer: readonly string[] | undefined,
  inner: readonly string[] | undefined,
): boolean {
  return outer === undefined || inner !== undefined && inner.every((name) => outer.includes(name));
}

function coversClients(outer: Match["client"], inner: Match["client"]): boolean {
  if (outer === undefined) return true;
  return inner !== undefined &&
    inner.every((network) => outer.some((wide) => contains(wide, network)));
}

function contains(outer: string, inner: string): boolean {
  const [wide, narrow] = [parseNetwork(outer), parseNetwork(inner)];
  return wide !== undefined && narrow !== undefined && wide.version === narrow.version &&
    wide.length <= narrow.length && belongsTo([outer])(narrow.address);
}

function coversValues(
  outer: Readonly<Record<string, ValueMatch>> = {},
  inner: Readonly<Record<string, ValueMatch>> = {},
  nameOf: (name: string) => string,
): boolean {
  const all = new Map(Object.entries(inner).map(([name, value]) => [nameOf(name), value]));
  return Object.entries(outer).every(([name, value]) => coversValue(value, all.get(nameOf(name))));
}

function coversValue(outer: ValueMatch, inner: ValueMatch | undefined): boolean {
  if (inner === undefined) return false;
  if (JSON.stringify(outer) === JSON.stringify(inner)) return true;
  const isThere = !("present" in inner) || inner.present;
  return "present" in outer && outer.present && isThere;
}
