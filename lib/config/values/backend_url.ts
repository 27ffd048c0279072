/** Reads the URL of a backend: `http://users-1:5000/base`. */
import { type Read, reading, type Refused } from "./reading.ts";

/**
 * Ports that the Fetch standard blocks (https://fetch.spec.whatwg.org/#port-blocking): fetch refuses to
 * connect to them, so every request to such a backend would fail.
 */
const BLOCKED_PORTS = new Set(
  ("1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 " +
    "113 115 117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 " +
    "548 554 556 563 587 601 636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 " +
    "6000 6566 6665 6666 6667 6668 6669 6679 6697 10080").split(" "),
);

/** Whether every request to a port would fail, as fetch refuses to connect to it, or as it is none. */
export function isBlockedPort(port: number): boolean {
  return port === 0 || BLOCKED_PORTS.has(String(port));
}

/** Host names, with the underscores that container networks allow, and addresses. */
const HOST_NAME = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$/;

/** What is wrong with a URL that has none, or several, such as a list. */
export const ONE_HOST = "must have one host name or address";

/** @returns scheme, host, port and path prefix, without a trailing slash */
export function readBackendUrl(address: string): Read<string> {
  const url = parseUrl(address);
  if (typeof url !== "string") return reading(`${url.origin}${url.pathname.replace(/\/+$/, "")}`);
  return { expected: url, meant: withScheme(address) };
}

/** @returns the address with `http://` before it; undefined if that does not make it a backend */
export function withScheme(address: string): string | undefined {
  const isUrl = /^(?!\d+$)[\w.-]+(?::\d+)?(?:\/.*)?$/.test(address);
  return isUrl && typeof parseUrl(`http://${address}`) !== "string"
    ? `http://${address}`
    : undefined;
}

/** @returns what was expected, if it is not the URL of a backend */
function parseUrl(address: string): URL | string {
  if (!/^https?:\/\//i.test(address)) {
    return "must start with http:// or https://";
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined) return "must be a valid URL";
  if (url.username !== "" || url.password !== "") return "must not have credentials";
  if (!HOST_NAME.test(url.hostname)) {
    return ONE_HOST;
  }
  if (address.includes("?")) return "must not have a query";
  if (address.includes("#")) return "must not have a fragment";
  if (url.port !== "" && isBlockedPort(Number(url.port))) {
    return `must not use port ${url.port}, which the Fetch standard blocks`;
  }
  return url;
}

/** Whether a refusal has something to suggest that may be a part of a password. */
export function withoutSecret({ expected, meant }: Refused, text: string): Refused {
  return { expected, meant: text.includes("@") ? undefined : meant };
}
