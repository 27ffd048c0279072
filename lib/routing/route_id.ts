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
  const where = path === undefined
    ? (pathPrefix === "/" ? "*" : `${pathPrefix}*`)
    : path.endsWith("*")
    ? JSON.stringify(path)
    : path;
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

/** What a value is called that is there or not, whatever it is. */
const WORDS = ["present", "absent"];

function valueOf(value: NonNullable<Match["headers"]>[string]): string {
  if ("equals" in value) {
    // What would look like another condition, or has blanks, is in quotes.
    const isPlain = /^[\w.@-][\w.@/-]*$/.test(value.equals) && !WORDS.includes(value.equals);
    return isPlain ? value.equals : JSON.stringify(value.equals);
  }
  return "present" in value ? (value.present ? "present" : "absent") : `/${value.matches}/`;
}
