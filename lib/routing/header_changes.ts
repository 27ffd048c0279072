/** How a route changes header lines: removed, set, added. */
import type { RouteConfig } from "../config/model.ts";
import type { Field } from "../http/headers.ts";
import { compileTemplate, type Filling, type Template } from "./template.ts";

export interface HeaderChanges {
  /** Whether the lines of a name are left out. @param name in any case */
  readonly drops: (name: string) => boolean;
  /** Whether lines of a name are added. @param name in lower case */
  readonly adds: (name: string) => boolean;
  /** The lines that are added at the end. */
  readonly lines: (fill: Filling) => Field[];
}

/** @returns undefined if nothing changes */
export function compileChanges(
  { set, add, remove }: RouteConfig["requestHeaders"],
): HeaderChanges | undefined {
  const added: (readonly [string, Template])[] = [...Object.entries(set), ...Object.entries(add)]
    .map(([name, value]) => [name.toLowerCase(), compileTemplate(value)]);
  const names = new Set(added.map(([name]) => name));
  const dropped = new Set([...Object.keys(set), ...remove].map(spelling));
  if (added.length === 0 && dropped.size === 0) return undefined;
  return {
    drops: (name) => dropped.has(spelling(name)),
    adds: (name) => names.has(name),
    lines: (fill) => added.map(([name, template]) => [name, template(fill)]),
  };
}

/** The lines with the changes of a route. */
export function changeFields(
  fields: readonly Field[],
  changes: HeaderChanges,
  fill: Filling,
): Field[] {
  return [...fields.filter(([name]) => !changes.drops(name)), ...changes.lines(fill)];
}

/**
 * Signs in a name count as equal: CGI makes `HTTP_X_USER` of `X-User` and of `X_User` (RFC 3875, 4.1.18), so
 * a client could smuggle its own value past the route's.
 */
function spelling(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "-");
}
