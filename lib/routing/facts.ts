/** What routing knows of a request. */
export interface RoutingFacts {
  /** As received. */
  readonly method: string;
  /** Host and port that it is for. */
  readonly host: string;
  /** Path and query as received; begins with `/`. */
  readonly path: string;
  /** The name of the listener that it came in at. */
  readonly listener: string;
  /** The client's address, as far as trusted proxies tell it. */
  readonly client: string;
  /** The value of a header field, its lines joined by `, `; undefined if there is none. */
  header(name: string): string | undefined;
}

/** The host by which a request is matched: in lower case, without port and trailing dot. */
export function hostOf(host: string): string {
  const end = host.endsWith("]") ? -1 : host.lastIndexOf(":");
  const name = end === -1 ? host : host.slice(0, end);
  return (name.endsWith(".") ? name.slice(0, -1) : name).toLowerCase();
}

/** The path without the query. */
export function pathOf(path: string): string {
  const query = path.indexOf("?");
  return query === -1 ? path : path.slice(0, query);
}

/** The first value of a parameter of the query; undefined if there is none. */
export function parameterOf(path: string, name: string): string | undefined {
  const query = path.indexOf("?");
  if (query === -1) return undefined;
  return new URLSearchParams(path.slice(query + 1)).get(name) ?? undefined;
}
