/** Parses `USERS_SERVICE`: `http://users-1:5000 weight=2;http://users-2:5000/base`. */
import type { BackendConfig } from "./model.ts";
import { type Complaint, placeOf, type Read, reading, type Refused } from "./reading.ts";

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

/** @returns the backends in the order of the list, or a complaint about each entry that is not valid */
export function readBackends(text: string): Read<readonly BackendConfig[]> {
  if (text === "") {
    return "must list at least one backend, such as http://users-1:5000;http://users-2:5000 " +
      "(to try Roundabout without backends: deno task demo)";
  }
  const backends: BackendConfig[] = [];
  const complaints: Complaint[] = [];
  const seen = new Set<string>();
  const entries = withoutLastEmpty(text.split(";")).map((entry) => entry.trim());
  for (const [index, entry] of entries.entries()) {
    const backend = readBackend(entry);
    const place = placeOf(index, entries);
    if ("expected" in backend) {
      complaints.push({
        ...withoutSecret(backend, text),
        shown: withoutPassword(entry, text),
        place,
      });
    } else if (seen.has(backend.url)) {
      complaints.push({ expected: "must list each backend once", shown: entry, place });
    } else {
      seen.add(backend.url);
      backends.push(backend);
    }
  }
  return complaints.length > 0 ? complaints : reading(backends);
}

/** Host names, with the underscores that container networks allow, and addresses. */
const HOST_NAME = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$/;

/** A `;` after the last backend is allowed. */
function withoutLastEmpty(entries: string[]): string[] {
  return entries.at(-1)?.trim() === "" ? entries.slice(0, -1) : entries;
}

function readBackend(entry: string): BackendConfig | Refused {
  const [address = "", ...options] = entry.split(/\s+/);
  const several = separate(entry);
  if (several !== undefined) return several;
  const url = readUrl(address);
  if (typeof url === "string") return { expected: url, meant: withScheme(address) };
  let weight: number | undefined;
  for (const option of options) {
    const [, digits] = /^weight=(\d{1,3})$/.exec(option) ?? [];
    if (weight !== undefined || !(Number(digits) >= 1 && Number(digits) <= 100)) {
      return { expected: "must have no option except weight=1 to weight=100, once per backend" };
    }
    weight = Number(digits);
  }
  return { url: `${url.origin}${url.pathname.replace(/\/+$/, "")}`, weight: weight ?? 1 };
}

/** A `,`, a `|` or a blank with another backend behind it. A path may have a comma, a host may not. */
const OTHER_SEPARATOR =
  /(?<=^https?:\/\/[^/]*)\s*[,|]\s*|\s*[,|]\s*(?=https?:)|\s+(?=https?:|[\w.-]+:\d)/gi;

/** @returns undefined if the entry is one backend */
function separate(entry: string): Refused | undefined {
  const parts = entry.split(OTHER_SEPARATOR);
  if (parts.length === 1) return undefined;
  const list = parts.map((part) => withScheme(part) ?? part);
  const isMeant = list.every((part) => part !== "" && !("expected" in readBackend(part)));
  return {
    expected: "must have ; between backends",
    meant: isMeant ? list.join(";") : undefined,
  };
}

/** @returns the address with `http://` before it; undefined if that does not make it a backend */
function withScheme(address: string): string | undefined {
  const isUrl = /^[\w.-]+(?::\d+)?(?:\/.*)?$/.test(address);
  return isUrl && typeof readUrl(`http://${address}`) !== "string"
    ? `http://${address}`
    : undefined;
}

/** Without a suggestion if that may be a part of a password. */
function withoutSecret({ expected, meant }: Refused, text: string): Refused {
  return { expected, meant: text.includes("@") ? undefined : meant };
}

function readUrl(address: string): URL | string {
  if (address === "") return "must have a URL before and after each ;";
  if (!/^https?:\/\//i.test(address)) {
    return "must be backend URLs that start with http:// or https://";
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined) return "must be valid URLs";
  if (url.username !== "" || url.password !== "") return "must not have credentials in a URL";
  if (!HOST_NAME.test(url.hostname)) {
    return "must have one host name or address in each URL, and ; between URLs";
  }
  if (address.includes("?")) return "must not have a query in a backend's URL";
  if (address.includes("#")) return "must not have a fragment in a backend's URL";
  if (url.port === "0" || BLOCKED_PORTS.has(url.port)) {
    return `must not use port ${url.port}, which the Fetch standard blocks`;
  }
  return url;
}

/**
 * Masks credentials, as error messages end up in logs: an entry is shown from its last @ on, and not at all
 * if it may be the first half of a password that contains a ;.
 */
function withoutPassword(entry: string, text: string): string {
  if (entry.includes("@")) return entry.replace(/^.*@/s, "***@");
  return text.includes("@") && !URL.canParse(entry) ? "***" : entry;
}
