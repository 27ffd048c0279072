/** The id of a route: its name, or its match in canonical form. It stands in the log. */
import type { Match } from "./conditions.ts";

/** @returns such as `api`, or `GET,POST api.example.com/users*`; `*` for a match that takes all */
export function routeIdOf(
  { name, match }: { readonly name?: string | undefined; readonly match: Match },
): string {
  return name ?? canonical(match);
}

function canonical(match: Match): string {
  const { listener, host, path, pathPrefix = "/", methods, headers = {}, query = {}, client } =
    match;
  const hosts = host === undefined ? "" : [...host].sort().join(",");
  const where = path ?? (pathPrefix === "/" ? "*" : `${pathPrefix}*`);
  const conditions = [
    ...(listener === undefined ? [] : [`listener=${[...listener].sort().join(",")}`]),
    ...Object.keys(headers).map((name) => `header:${name.toLowerCase()}=${valueOf(headers[name]!)}`)
      .sort(),
    ...Object.keys(query).map((name) => `query:${name}=${valueOf(query[name]!)}`).sort(),
    ...(client === undefined ? [] : [`client=${[...client].sort().join(",")}`]),
  ];
  return [
    ...(methods === undefined ? [] : [[...methods].sort().join(",")]),
    hosts + where,
    ...conditions,
  ].join(" ");
}

function valueOf(value: NonNullable<Match["headers"]>[string]): string {
  if ("equals" in value) return value.equals;
  return "present" in value ? (value.present ? "present" : "absent") : `/${value.matches}/`;
}
