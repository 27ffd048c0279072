/**
 * The path by which a request is matched, in the form that every server reads in the same way. What other
 * servers may read it as is a matter of lib/http/path_readings.ts.
 */

/** What is not written as it is matched: escapes, and dot segments. */
const NOT_NORMAL = /%|\/\.{1,2}(?:\/|$)/;

/**
 * Of an unreserved character (RFC 3986, 2.3), but not behind a begun escape: with the decoded digit that
 * would become one that nobody sent.
 */
const UNRESERVED_ESCAPE =
  /(?<!%[0-9A-Fa-f]?)%(?:2[DEde]|3[0-9]|4[1-9A-Fa-f]|5[0-9AFaf]|6[1-9A-Fa-f]|7[0-9AEae])/g;
/** An escape with a small letter. */
const SMALL_ESCAPE = /%(?:[a-f][0-9A-Fa-f]|[0-9A-F][a-f])/g;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;

/**
 * Normalises a path: escapes of unreserved characters are decoded, other escapes written in capitals (RFC
 * 3986, 6.2.2), and dot segments resolved (5.2.4). A `..` above the beginning is dropped. The case of letters
 * stays, as it matters (6.2.2.1).
 *
 * @param path without the query; begins with `/`
 */
export function normalizePath(path: string): string {
  return NOT_NORMAL.test(path) ? resolveDots(normalizeEscapes(path)) : path;
}

/** The first part of it: what is left of the dots is as the client sent it. */
export function normalizeEscapes(path: string): string {
  return capitalizeEscapes(path.replace(UNRESERVED_ESCAPE, characterOf));
}

function characterOf(escape: string): string {
  return String.fromCharCode(parseInt(escape.slice(1), 16));
}

/** Writes escapes in capitals. */
export function capitalizeEscapes(path: string): string {
  return path.replace(SMALL_ESCAPE, (escape) => escape.toUpperCase());
}

/** RFC 3986, 5.2.4. */
function resolveDots(path: string): string {
  if (!DOT_SEGMENT.test(path)) return path;
  const kept: string[] = [];
  const segments = path.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === "..") kept.pop();
    else if (segment !== ".") kept.push(segment);
    if (isLast && (segment === "." || segment === "..")) kept.push("");
  }
  return `/${kept.join("/")}`;
}
