/** Paths that every server reads as they are written. Most are: one look at each character finds that out. */

const SLASH = 0x2f, DOT = 0x2e;

/** 1 for characters of names: unreserved ones and sub-delims (RFC 3986, 2.2 and 2.3) without `;`, and `@`. */
const NAME = new Uint8Array(128).map((_, code) =>
  /[\w\-~!$&'()*+,=@]/.test(String.fromCharCode(code)) ? 1 : 0
);

/**
 * Whether a path is in its normal form (normal_path.ts) and has no other reading (path_readings.ts). It may
 * be so without being plain; then those find out.
 *
 * @param path without the query
 */
export function isPlainPath(path: string): boolean {
  if (path.charCodeAt(0) !== SLASH) return false;
  let isName = false;
  for (let at = 1; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (code < 128 && NAME[code] === 1) isName = true;
    else if (isName && (code === SLASH || code === DOT)) isName = false;
    else return false;
  }
  return isName || path.length === 1 || path.charCodeAt(path.length - 1) === SLASH;
}
