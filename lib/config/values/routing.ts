/** Reads the values of routes. */
import { isIP } from "../../net/is_ip.ts";
import { normalizePath } from "../../http/normal_path.ts";
import { COMMON_METHODS } from "../../http/methods.ts";
import { PLACEHOLDERS } from "./placeholders.ts";
import { isReading, type Read, reading } from "./reading.ts";
import { parseRequestText } from "./request_text.ts";
import { suggest } from "./suggest.ts";
import { TOKEN } from "./token.ts";

/** Fields that frame a message, or belong to one connection: a route must not touch them. */
const UNTOUCHABLE = new Set([
  "connection",
  "content-length",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Characters of a path that need no percent-encoding (RFC 3986, 3.3), and percent-encodings. */
const PATH = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/;

/** A name of DNS, or of a container. */
const HOST_LABELS = /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/;

/** The name of a header that is matched: any, as nothing changes. */
export function readMatchedName(text: string): Read<string> {
  if (text.toLowerCase() === "host") return "must not be Host, which match.host is about";
  return TOKEN.test(text) ? reading(text) : "must be the name of a header";
}

/** The name of a header that backends get. */
export function readRequestHeaderName(text: string): Read<string> {
  return text.toLowerCase() === "host"
    ? "must not be Host, which rewriteHost sets"
    : readHeaderName(text);
}

/** The name of a header that a route may set. */
export function readHeaderName(text: string): Read<string> {
  if (!TOKEN.test(text)) return "must be the name of a header";
  if (!UNTOUCHABLE.has(text.toLowerCase())) return reading(text);
  return "must not be a header that frames a message or belongs to one connection";
}

export function readHeaderValue(text: string): Read<string> {
  if (/[^\t\x20-\x7e]|^\s|\s$/.test(text)) {
    return "must be visible ASCII without blanks at its ends";
  }
  for (const [, word = ""] of text.matchAll(/\{([a-z_]+)\}/g)) {
    if (PLACEHOLDERS.some((known) => known === word)) continue;
    const meant = suggest(word, PLACEHOLDERS);
    return {
      expected: `must have no placeholders except ${
        PLACEHOLDERS.map((name) => `{${name}}`).join(", ")
      }`,
      meant: meant && text.replace(`{${word}}`, `{${meant}}`),
    };
  }
  return reading(text);
}

/** A method and a URL, to be tried. The method may be left out: GET. */
export function readTriedRequest(text: string): Read<string> {
  return parseRequestText(text) === undefined
    ? "must be a method and a URL such as GET https://api.example.com/users/7"
    : reading(text);
}

export function readMethod(text: string): Read<string> {
  const upper = text.toUpperCase();
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/.test(text)) return "must be a method such as GET";
  if (["CONNECT", "TRACE", "TRACK"].includes(upper)) {
    return `must not be ${upper}, which is never forwarded`;
  }
  const isMisspelt = !COMMON_METHODS.has(text) && COMMON_METHODS.has(upper);
  return isMisspelt ? { expected: "must be in capitals", meant: upper } : reading(text);
}

/** A host in lower case without port and trailing dot, or `*.` and such a host. */
export function readRouteHost(text: string): Read<string> {
  const host = text.toLowerCase().replace(/\.$/, "");
  const name = host.replace(/^\*\./, "");
  if (HOST_LABELS.test(name) && !name.includes("..")) return reading(host);
  const address = /^\[([0-9a-f:.]+)\]$/.exec(host)?.[1];
  if (address !== undefined && isIP(address) === 6) return reading(host);
  const bare = host.replace(/^[a-z]+:\/\//, "").replace(/(?::\d*)?(?:\/.*)?$/, "");
  const meant = host.startsWith(".") ? `*${host}` : bare;
  return {
    expected: "must be a host without a port, or *.example.com",
    meant: meant !== host && isReading(readRouteHost(meant)) ? meant : undefined,
  };
}

/** A path as requests are matched by: normalised. */
export function readPath(text: string): Read<string> {
  if (text.includes("?") || text.includes("#")) return "must be a path without a query";
  if (!PATH.test(text)) {
    const meant = encoded(text.startsWith("/") ? text : `/${text}`);
    const isEncoded = meant !== text && text.startsWith("/");
    return {
      expected: isEncoded ? "must be a path, percent-encoded" : "must be a path such as /users",
      meant: meant !== text && PATH.test(meant) ? meant : undefined,
    };
  }
  const normal = normalizePath(text);
  if (normal === text) return reading(text);
  return { expected: "must be a normalised path, as requests are matched by", meant: normal };
}

/** With all percent-encoded that a path cannot have; what is encoded stays. */
function encoded(path: string): string {
  return path.toWellFormed().replace(
    /[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]|%(?![0-9A-Fa-f]{2})/gu,
    encodeURIComponent,
  );
}

/** The same without a slash at its end: it is matched by whole segments. `/` stands for all paths. */
export function readPathPrefix(text: string): Read<string> {
  const path = readPath(text);
  if (text !== "/" && text.endsWith("/") && typeof path === "object" && "value" in path) {
    return {
      expected: "must not end with /, as it is matched by whole segments",
      meant: text.replace(/\/+$/, "") || "/",
    };
  }
  return path;
}

export function readRedirectPath(text: string): Read<string> {
  return /^\/(?:(?!#)[!-~])*$/.test(text) && !text.startsWith("//")
    ? reading(text)
    : "must be a path that begins with one /";
}

/** A token bucket's rate. */
export interface Rate {
  readonly requests: number;
  readonly perMs: number;
}

const PERIODS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

export function readRate(text: string): Read<Rate> {
  const [, digits, unit = ""] = /^(\d{1,7}) ?\/ ?([smh])$/.exec(text) ?? [];
  const requests = Number(digits);
  if (requests >= 1 && requests <= 1_000_000) return reading({ requests, perMs: PERIODS[unit]! });
  const meant = /^\d{1,7}$/.test(text) ? `${text}/s` : undefined;
  return { expected: "must be a rate of 1 to 1000000 such as 100/s, 30/m or 500/h", meant };
}

/** As a user would write it. */
export function formatRate({ requests, perMs }: Rate): string {
  const unit = Object.keys(PERIODS).find((unit) => PERIODS[unit] === perMs);
  return `${requests}/${unit}`;
}

/** What has a rate of its own. */
export type LimitKey = { readonly by: "address" } | {
  readonly by: "header";
  readonly name: string;
};

export function readLimitKey(text: string): Read<LimitKey> {
  if (text === "address") return reading({ by: "address" });
  const [, name] = /^header:(.*)$/s.exec(text) ?? [];
  if (name !== undefined && TOKEN.test(name)) return reading({ by: "header", name });
  return { expected: "must be address or header:NAME", meant: suggest(text, ["address"]) };
}

/** As a user would write it. */
export function formatLimitKey(key: LimitKey): string {
  return key.by === "header" ? `header:${key.name}` : key.by;
}

/** @returns the cookie's name */
export function readSplitCookie(text: string): Read<string> {
  const [, name] = /^cookie:(.*)$/s.exec(text) ?? [];
  if (name !== undefined && TOKEN.test(name)) return reading(name);
  return {
    expected: "must be cookie:NAME",
    meant: TOKEN.test(text) ? `cookie:${text}` : undefined,
  };
}

/** A hash by bcrypt; an error shows no part of it. */
export function readHash(text: string): Read<string> {
  if (/^\$2[aby]\$(?:0[4-9]|1[0-9]|2[0-9]|3[01])\$[./A-Za-z0-9]{53}$/.test(text)) {
    return reading(text);
  }
  return [{ expected: "must be a hash by bcrypt, as htpasswd -B prints it", shown: "***" }];
}
