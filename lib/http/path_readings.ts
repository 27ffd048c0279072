/**
 * What servers may read a path as, beside its normal form (normal_path.ts). Some take `%2f`, `%5c` or `\` for
 * a slash, ignore repeated slashes, what follows a `;`, control characters, or a dot at the end of a name,
 * decode several times, accept overlong UTF-8, or end the path where another sign is. A backend may do any of
 * that, so a route must not depend on it.
 */
import { capitalizeEscapes, normalizeEscapes, normalizePath } from "./normal_path.ts";

/** What a path must have to be read in several ways; most have nothing of it. */
const AMBIGUOUS =
  /[^\w\-~!$&'()*+,=:@/.%]|%(?:[01u]|2[3def5]|3[0-9abf]|4[1-9a-f]|5[0-9acf]|6[1-9a-f]|7[0-9aef]|c[01]|e[02]|ef|f[08c])|[/.]%20|%20(?:[/.]|%20|$)|\/\/|\/\.|\.(?:\/|$)|:\$/i;

/** A server decodes once; another proxy, or the application, may each do it again. */
const MAX_DECODINGS = 3;

/** A path that can be read in more ways than this comes from no honest client. */
const MAX_TEXTS = 24;

/** A longer one that is ambiguous does not either, and it would take too long to read it in all ways. */
const MAX_CHARACTERS = 2048;

/** What {@linkcode decode} changes. */
const CODED = /[^\x20-\x24\x26-\x7e]/;

/** Percent signs that are encoded any number of times: `%25252f` is `%2f` to whoever decodes often enough. */
const ENCODED_PERCENTS = /%(?:25)+(?=[0-9A-Fa-fu]{2})/g;

/** `%u002f`, as IIS reads it. */
const UNICODE_ESCAPE = /%u([0-9A-Fa-f]{4})/gi;

/** ASCII in two to six bytes, which UTF-8 forbids (RFC 3629, 10) and some decoders accept: `%c0%af`. */
const OVERLONG =
  /%(?:c([01])|(?:e0|f0%80|f8%80%80|fc%80%80%80)%8([01]))(?:%([0-9a-f]{2})|([./\\]))/gi;

/** Characters that some servers, after they have decoded UTF-8, take for `/`, `\` or dots. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  "%EF%BC%8F": "/",
  "%E2%81%84": "/",
  "%E2%88%95": "/",
  "%EF%BC%BC": "\\",
  "%E2%88%96": "\\",
  "%EF%B9%A8": "\\",
  "%EF%BC%8E": ".",
  "%E2%80%A4": ".",
  "%EF%B9%92": ".",
  "%E2%80%A5": "..",
};
const LOOKALIKE = new RegExp(Object.keys(LOOKALIKES).join("|"), "gi");

/** Escapes of unreserved characters, of separators, of blanks and of control characters. */
const TELLING_ESCAPE =
  /%(?:[01][0-9a-f]|2[03def]|3[0-9abf]|4[1-9a-f]|5[0-9acf]|6[1-9a-f]|7[0-9aef])/gi;

/** `..` to some server: blanks and control characters may be ignored, and what ends a name early. */
const DOT_DOT = /^(?:[\0-\x20\x7f]*\.){2,}[\0-\x20\x7f]*(?:$|[;?#:])/;

/** What may be no segment, or more than one, to some server: `..` then leads elsewhere. */
const UNCLEAR = /[;#?\\]|\/\/|[\0-\x20\x7f]|\.{3}|:\$/;

/** A name that {@linkcode cleanName} leaves as it is. */
const CLEAN_NAME = /^[\w\-~]*$/;

/** What some take for the host: `new URL(request.url, "http://own")` does. */
const AUTHORITY = /^[/\\]{2,}[^/\\?#]*(?=[/\\])/;

/** Where some servers end a name, or a path. */
const TAIL = /[;?#]|:\$/;

/** The latter. */
const ENDS = [/[?#].*$/s, /[;?#].*$/s];

/** Whether {@linkcode readingsOf} may say anything of a path. */
export function isAmbiguous(path: string): boolean {
  return AMBIGUOUS.test(path);
}

/**
 * What servers may read a path as, in the form in which paths are matched.
 *
 * @param path without the query; begins with `/`
 * @returns undefined if servers disagree where it leads at all: it has a `..` that only some of them see, or
 * that leads elsewhere for some of them, or a NUL, or it can be read in too many ways, or is too long
 */
export function readingsOf(path: string): readonly string[] | undefined {
  if (path.length > MAX_CHARACTERS) return undefined;
  // In capitals at once: each of many texts would have to be changed.
  const received = capitalizeEscapes(path.replace(/[^\0-\x7f]/gu, escapeBytes));
  const decoded = decode(received, true);
  if (decoded.includes("\0")) return undefined; // some end the path there, and some forbid it
  const plain = normalizeEscapes(received);
  if (decoded.split(/[/\\]/).some((segment) => DOT_DOT.test(segment))) {
    const isPlain = decoded === plain && !UNCLEAR.test(plain);
    return isPlain ? [plain, clean(plain)] : undefined; // some do not resolve dot segments at all
  }
  const texts = textsOf(received);
  if (AUTHORITY.test(received)) {
    for (const text of textsOf(received.replace(AUTHORITY, ""))) texts.add(text);
  }
  return texts.size > MAX_TEXTS ? undefined : [...new Set([...texts].map(clean))];
}

/** The path as it is when a server has decoded and cut off what it does, in one order or the other. */
function textsOf(path: string): Set<string> {
  const texts = new Set([path]);
  if (!TAIL.test(decode(path, true))) {
    return texts.add(decode(path, false)).add(decode(path, true));
  }
  const cutNames = () => {
    for (const text of [...texts]) {
      texts.add(withoutTails(text));
      texts.add(withoutTails(withSlashes(text)));
    }
  };
  cutNames();
  for (const isLenient of [false, true]) {
    for (const text of [...texts]) texts.add(decode(text, isLenient));
    cutNames();
  }
  for (const text of [...texts]) for (const end of ENDS) texts.add(text.replace(end, ""));
  return texts;
}

/**
 * Decodes what means more than a letter of a name, as often as it takes.
 *
 * @param isLenient whether what should be no ASCII counts as such
 */
function decode(path: string, isLenient: boolean): string {
  if (!CODED.test(path)) return path;
  let decoded = path;
  for (let i = 0; i < MAX_DECODINGS; i++) {
    const before = decoded;
    decoded = decoded.replace(ENCODED_PERCENTS, "%");
    if (isLenient) decoded = decodeLookalikes(decoded);
    decoded = decoded
      .replace(TELLING_ESCAPE, (escape) => String.fromCharCode(parseInt(escape.slice(1), 16)))
      .replace(/[^\0\x20-\x7e]/g, "");
    if (decoded === before) break;
  }
  return decoded;
}

function decodeLookalikes(path: string): string {
  return path
    .replace(UNICODE_ESCAPE, (_, code) => escapeBytes(String.fromCharCode(parseInt(code, 16))))
    .replace(OVERLONG, decodeOverlong)
    .replace(LOOKALIKE, (bytes) => LOOKALIKES[bytes.toUpperCase()]!);
}

/** The escapes of a character: of a byte that a client sent, or of a character that was decoded. */
function escapeBytes(character: string): string {
  const code = character.codePointAt(0)!;
  if (code > 0xff) return encodeURIComponent(character.toWellFormed());
  return `%${code.toString(16).padStart(2, "0")}`;
}

function decodeOverlong(_: string, two: string, three: string, hex: string, sign: string): string {
  const low = hex === undefined ? sign.charCodeAt(0) : parseInt(hex, 16);
  return escapeBytes(String.fromCharCode(parseInt(two ?? three, 16) << 6 | low & 0x3f));
}

function withSlashes(path: string): string {
  return path.replaceAll("\\", "/");
}

/** Without the parameters of segments, and without streams of files (NTFS). */
function withoutTails(path: string): string {
  return path.replace(/(?:;|:\$|:%24|%3a\$|%3a%24)[^/]*/gi, "");
}

/** Without what some servers ignore; a blank or a dot within a name stays. */
function clean(path: string): string {
  const names = withoutTails(withSlashes(path)).split("/").map(cleanName);
  return normalizePath(
    `/${names.filter((name, at) => name !== "" || at === names.length - 1).join("/")}`,
  );
}

function cleanName(name: string): string {
  if (CLEAN_NAME.test(name)) return name;
  const shown = name.replace(/[^\x20-\x7e]/g, "").replaceAll("%20", " ").trim();
  if (shown === "." || shown === "..") return shown;
  let end = shown.length;
  while (end > 0 && ". :".includes(shown[end - 1]!)) end--;
  return shown.slice(0, end).replaceAll(" ", "%20");
}
