/** The path that a backend gets if a route strips or replaces its prefix. */
import { normalizePath } from "../http/normal_path.ts";
import { pathOf } from "./facts.ts";

/**
 * @param path and query as received, of which the normalised path has the prefix
 * @param prefix by whole segments
 * @param replacement stands in its place; `/` strips it
 * @returns what remains of the normalised path, beginning with exactly one `/`, and the query as received
 */
export function rewritePath(path: string, prefix: string, replacement: string): string {
  const received = pathOf(path);
  const query = path.slice(received.length);
  const rest = normalizePath(received).slice(prefix === "/" ? 0 : prefix.length);
  const bare = rest.replace(/^\/+/, "");
  if (replacement === "/") return `/${bare}${query}`;
  return `${replacement}${rest === "" ? "" : `/${bare}`}${query}`;
}
