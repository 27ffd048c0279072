/**
 * The path by which a request is matched: in the form that every server reads in the same way, and in the
 * form that lenient servers make of it.
 */

/** What is not written as it is matched: escapes, and dot segments. */
const NOT_NORMAL = /%|\/\.{1,2}(?:\/|$)/;

const ESCAPE = /%([0-9A-Fa-f]{2})/g;
const UNRESERVED = /[A-Za-z0-9\-._~]/;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;

/** What some servers read in another way than others. */
const AMBIGUOUS = /[%\\;]|\/\/|\/\./;

/** A server decodes once; another proxy, or the application, may each do it again. */
const MAX_DECODINGS = 3;

/** Percent signs that are encoded any number of times: `%25252f` is `%2f` to whoever decodes often enough. */
const ENCODED_PERCENTS = /%(?:25)+(?=[0-9A-Fa-f]{2})/g;

/** `%u002f`, as IIS reads it, for ASCII. */
const UNICODE_ESCAPE = /%u00([0-7][0-9A-Fa-f])/gi;

/** ASCII in two or three bytes, which UTF-8 forbids (RFC 3629, 10) and some decoders accept: `%c0%af`. */
const OVERLONG = /%(?:c([01])|e0%8([01]))%([89ab])([0-9a-f])/gi;

/** Separators and dots that are escaped. */
const LENIENT_ESCAPE = /%(?:2[ef]|5c|3b|[46][1-9a-f]|[57][0-9a]|3[0-9]|2d|5f|7e)/gi;

/**
 * Normalises a path: escapes of unreserved characters are decoded, other escapes written in capitals (RFC
 * 3986, 6.2.2), and dot segments resolved (5.2.4). A `..` above the beginning is dropped.
 *
 * @param path without the query; begins with `/`
 */
export function normalizePath(path: string): string {
  if (!NOT_NORMAL.test(path)) return path;
  const decoded = path.replace(ESCAPE, (escape, hex) => {
    const character = String.fromCharCode(parseInt(hex, 16));
    return UNRESERVED.test(character) ? character : escape.toUpperCase();
  });
  return resolveDots(decoded);
}

/** Whether {@linkcode lenientPath} may differ from the normalised path; for most paths it does not. */
export function isAmbiguous(path: string): boolean {
  return AMBIGUOUS.test(path);
}

/**
 * The path as the most lenient servers read it: they take `%2f`, `%5c` and `\` for a slash, ignore repeated
 * slashes and what follows a `;` in a segment, decode several times, or accept overlong UTF-8.
 *
 * @param path without the query; begins with `/`
 */
export function lenientPath(path: string): string {
  let decoded = path;
  for (let i = 0; i < MAX_DECODINGS; i++) {
    const before = decoded;
    decoded = decoded
      .replace(ENCODED_PERCENTS, "%")
      .replace(UNICODE_ESCAPE, "%$1")
      .replace(OVERLONG, decodeOverlong)
      .replace(LENIENT_ESCAPE, (escape) => String.fromCharCode(parseInt(escape.slice(1), 16)));
    if (decoded === before) break;
  }
  const plain = decoded.replaceAll("\\", "/").replace(/;[^/]*/g, "").replace(/\/{2,}/g, "/");
  return normalizePath(plain);
}

function decodeOverlong(_: string, two: string, three: string, high: string, low: string): string {
  const bits = parseInt(two ?? three, 16) << 6 | (parseInt(high, 16) & 3) << 4 | parseInt(low, 16);
  return `%${(bits & 0x7f).toString(16).padStart(2, "0")}`;
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
