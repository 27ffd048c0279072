/**
 * What servers make of a path, for tests: each thing that some server does to one, alone, and in any order and
 * number. Written apart from lib/http/normal_path.ts, which must not be more lenient than this.
 */

/** One thing that some server does to a path. */
export const STEPS: Readonly<Record<string, (path: string) => string>> = {
  "decodes escapes": (path) =>
    path.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
  "decodes escapes of letters and signs": (path) =>
    path.replace(
      /%(2d|2e|3\d|4[1-9a-f]|5[\dadf]|6[1-9a-f]|7[\dae])/gi,
      (_, hex) => String.fromCharCode(parseInt(hex, 16)),
    ),
  "decodes all that it knows": (path) => lookalikes(unchecked(decodeAll(path))),
  "takes a backslash for a slash": (path) => path.replaceAll("\\", "/"),
  "ignores parameters of segments": (path) => path.replace(/;[^/]*/g, ""),
  "ends at ;": (path) => path.replace(/;.*$/s, ""),
  "ends at ? or #": (path) => path.replace(/[?#].*$/s, ""),
  "ends at NUL": (path) => path.replace(/\0.*$/s, ""),
  "ignores control characters": (path) => path.replace(/\p{Cc}/gu, ""),
  "ignores dots and blanks at the end of a segment": (path) =>
    path.split("/").map((name) => /^\.{1,2}$/.test(name) ? name : name.replace(/[. ]+$/, ""))
      .join("/"),
  "ignores blanks around a segment": (path) => path.replace(/(^|\/) +| +(?=\/|$)/g, "$1"),
  "ignores streams of files": (path) => path.replace(/::?\$[^/]*/g, ""),
  "takes several slashes for one": (path) => path.replace(/\/{2,}/g, "/"),
  "resolves dot segments": resolve,
};

function decodeAll(path: string): string {
  return path.replace(
    /%u([0-9a-f]{4})|%([0-9a-f]{2})/gi,
    (_, unit, byte) => String.fromCharCode(parseInt(unit ?? byte, 16)),
  );
}

/** UTF-8 without a check: ASCII in two to six bytes. */
function unchecked(path: string): string {
  return path
    .replace(
      /[\xc0\xc1]([\x80-\xbf\x2e\x2f\x5c])/g,
      (bytes, low: string) =>
        String.fromCharCode(((bytes.charCodeAt(0) & 1) << 6) | (low.charCodeAt(0) & 0x3f)),
    )
    .replace(/(?:\xe0|\xf0\x80|\xf8\x80\x80|\xfc\x80{3})[\x80\x81][\x80-\xbf]/g, (bytes) => {
      const [high = 0, low = 0] = [...bytes.slice(-2)].map((byte) => byte.charCodeAt(0));
      return String.fromCharCode(((high & 1) << 6) | (low & 0x3f));
    });
}

/** Takes what looks like a separator or a dot for one. */
function lookalikes(path: string): string {
  return path
    .replace(/\xef\xbc\x8f|\xe2\x81\x84|\xe2\x88\x95|[\uff0f\u2044\u2215]/g, "/")
    .replace(/\xef\xbc\xbc|\xe2\x88\x96|\xef\xb9\xa8|[\uff3c\u2216\ufe68]/g, "\\")
    .replace(/\xef\xbc\x8e|\xe2\x80\xa4|\xef\xb9\x92|[\uff0e\u2024\ufe52]/g, ".")
    .replace(/\xe2\x80\xa5|\u2025/g, "..");
}

/** RFC 3986, 5.2.4. */
function resolve(path: string): string {
  const kept: string[] = [];
  const names = path.split("/").slice(1);
  names.forEach((name, index) => {
    if (name === "..") kept.pop();
    else if (name !== ".") kept.push(name);
    if (index === names.length - 1 && /^\.{1,2}$/.test(name)) kept.push("");
  });
  return `/${kept.join("/")}`;
}

/** Steps one after the other; the longest way that any server is known to go is shorter. */
const MAX_STEPS = 12;
const MAX_READINGS = 20_000;

/** All that servers may take a path for, which is part of the result. */
export function readings(path: string): ReadonlySet<string> {
  // `new URL(request.url, "http://own")` takes what follows `//` for a host, before all else.
  let latest = [path, path.replace(/^[/\\]{2,}[^/\\?#]*(?=[/\\])/, "")];
  const found = new Set(latest);
  for (let step = 0; step < MAX_STEPS && latest.length > 0 && found.size < MAX_READINGS; step++) {
    const next = latest.flatMap((reading) => Object.values(STEPS).map((take) => take(reading)))
      .filter((reading) => !found.has(reading));
    latest = [...new Set(next)];
    latest.forEach((reading) => found.add(reading));
  }
  return found;
}
