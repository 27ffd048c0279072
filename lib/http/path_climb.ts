/**
 * Whether a path could leave the path prefix of a backend: with `http://users-1/public`, a backend that
 * resolves `/public/../admin` serves `/admin`.
 *
 * Servers disagree on what a path means: some take `\` or `%2f` for a slash, ignore repeated slashes and
 * `;parameters`, decode twice, or accept overlong UTF-8. So a path is read in the way that climbs highest:
 * whatever some server could take for `..` counts as one, and only what every server takes for a name makes
 * up for it.
 */

/** What a path must have to climb at all. */
const SUSPECT = /\.\.|%/;

/** A segment that is a name to every server; most are, and need no closer look. */
const PLAIN_NAME = /^[\w~-]+$/;

/** A server decodes once; another proxy, or the application, may each do it again. */
const MAX_DECODINGS = 3;

/** Percent signs that are encoded any number of times: `%25252e` is `%2e` to whoever decodes often enough. */
const ENCODED_PERCENTS = /%(?:25)+/g;

/** What means more than a letter once it is decoded, or makes up another such code: `%%32%65` is `%2e`. */
const TELLING = /%(?:[01%u]|.%|2[035ef]|3[bf]|5c|7f|c[01]|e0|f0)/i;

/** `%2e`, and `%u002e` as IIS reads it. */
const ENCODED = /%(?:u([0-9a-f]{4})|([0-9a-f]{2}))/gi;

/** ASCII in two to four bytes, which UTF-8 forbids (RFC 3629, 10) and some decoders accept: `%c0%ae`. */
const OVERLONG = /(?:[\xc0\xc1]|\xe0[\x80\x81]|\xf0\x80[\x80\x81])[\x80-\xbf]/g;

/** What may end a segment before its end: parameters, a string's end in C, an encoded query. */
const CUT = /[;\0?#]/;

// Blanks and control characters may be ignored, and to Windows `...` is nothing.
const DOT_DOT = /^[\0-\x20\x7f]*\.[\0-\x20\x7f]*\.[\0-\x20\x7f]*(?:$|[;\0?#])/;
const NOTHING = /^[\0-\x20\x7f.]*(?:$|[;\0?#])/;

/** Whether the URL of any backend has a path: it is the prefix of all that clients may reach there. */
export function hasPathPrefix(backends: readonly { readonly url: string }[]): boolean {
  return backends.some(({ url }) => /^\w+:\/\/[^/]+\/./.test(url));
}

/**
 * Whether a server could read dot segments of the path as leading above its beginning.
 *
 * @param path and query, as received; begins with `/`
 */
export function climbs(path: string): boolean {
  if (!SUSPECT.test(path)) return false;
  const end = path.search(/[?#]/);
  let depth = 0;
  for (const segment of (end === -1 ? path : path.slice(0, end)).split("/")) {
    if (PLAIN_NAME.test(segment)) {
      depth++;
      continue;
    }
    let isNamed = false, isCut = false;
    for (const piece of decode(segment).split(/[/\\]/)) {
      if (DOT_DOT.test(piece)) {
        if (--depth < 0) return true;
      } else if (!isNamed && !isCut && !NOTHING.test(piece)) {
        isNamed = true; // once per segment, as its further pieces are one name to most servers
        depth++;
      }
      isCut ||= CUT.test(piece);
    }
  }
  return false;
}

/** Decodes to one character per byte, as far as it can matter here. */
function decode(segment: string): string {
  let decoded = segment;
  for (let i = 0; i < MAX_DECODINGS && TELLING.test(decoded); i++) {
    decoded = decoded
      .replace(ENCODED_PERCENTS, "%")
      .replace(ENCODED, (_, code, byte) => String.fromCharCode(parseInt(code ?? byte, 16)))
      .replace(OVERLONG, decodeOverlong);
  }
  return decoded;
}

function decodeOverlong(bytes: string): string {
  const [high, low] = [bytes.charCodeAt(bytes.length - 2), bytes.charCodeAt(bytes.length - 1)];
  return String.fromCharCode((high & 1) << 6 | low & 0x3f);
}
