/**
 * What a request is for, read from `request.url`.
 *
 * Deno makes that URL by joining scheme, Host and target without a check, so it is split by hand:
 * `new URL()` would resolve dot segments, and the target must be forwarded unchanged.
 */
export interface Target {
  /** Host and port. */
  readonly authority: string;
  /** Path and query. */
  readonly path: string;
}

/**
 * Splits the URL of a request.
 *
 * @param url from Deno.serve
 * @param host the value of Host, checked or not; undefined if there is none (HTTP/2)
 * @returns undefined if it is not an http or https URL; the authority is not checked
 */
export function targetOf(url: string, host: string | undefined): Target | undefined {
  const start = schemeLength(url);
  if (start === 0) return undefined;
  if (host !== undefined && url.startsWith(host, start) && url[start + host.length] === "/") {
    return { authority: host, path: url.slice(start + host.length) };
  }
  // Absolute-form, or HTTP/2: the target's authority wins over Host (RFC 9112, 3.2.2).
  const end = url.slice(start).search(/[/?#]/);
  const authority = end === -1 ? url.slice(start) : url.slice(start, start + end);
  const rest = end === -1 ? "" : url.slice(start + end);
  return { authority, path: rest.startsWith("/") ? rest : `/${rest}` };
}

/** The length of `http://` or `https://` at the start; 0 for another scheme. */
function schemeLength(url: string): number {
  if (url.startsWith("http://")) return 7;
  return /^https?:\/\//i.exec(url)?.[0].length ?? 0;
}

/**
 * Why fetch would not forward this path and query unchanged; undefined if it would.
 *
 * fetch parses URLs by the URL standard, which resolves dot segments (`..` and also `%2e%2E`), turns
 * `\` in a path into `/`, drops everything from `#` on and writes `'` in a query as `%27`. Characters
 * that a URI must not hold are only percent-encoded, which keeps their meaning.
 */
export function explainUnforwardable(path: string): string | undefined {
  if (!SUSPECT.test(path)) return undefined;
  if (path.includes("#")) return "the target has a fragment";
  const question = path.indexOf("?");
  const query = question === -1 ? "" : path.slice(question);
  const segments = question === -1 ? path : path.slice(0, question);
  if (segments.includes("\\")) {
    return "the path has a backslash, which fetch would turn into a slash";
  }
  if (DOT_SEGMENT.test(segments)) return "the path has dot segments, which fetch would resolve";
  if (query.includes("'")) return "the query has an apostrophe, which fetch would encode: send %27";
  return undefined;
}

const SUSPECT = /[#\\']|\/(?:\.|%2e)/i;
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;
