/** Reads what ACME needs: names, an authority, and the folder that keeps its certificates. */
import { isIP } from "../../net/is_ip.ts";
import { isLoopback } from "../../net/is_loopback.ts";
import { type Complaint, placeOf, type Read, reading, refusalOf, type Refused } from "./reading.ts";

/** Where this program may write, by the permissions that it runs with (docs/security.md). */
const STORE = /^(?:\/run\/[^/]|\/var\/lib\/roundabout(?:\/|$))/;

const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

const MAX_NAME_CHARACTERS = 253;

const NAME_EXPECTED = "must be a DNS name such as www.example.com";

/** Names that no public authority can look up (RFC 6761, RFC 6762, RFC 7686 and ICANN's list). */
const PRIVATE = /(?:^|\.)(?:localhost|local|internal|test|example|invalid|onion|arpa)$/;

/** A name to get a certificate for, in lower case. */
export function readDomain(text: string): Read<string> {
  const name = text.toLowerCase().replace(/\.$/, "");
  if (isName(name)) return reading(name);
  if (name.startsWith("*.")) {
    return { expected: "must have no wildcard, as http-01 proves control of single names only" };
  }
  const bare = name.replace(/^\[|\]$/g, "");
  if (isIP(bare) !== 0) return { expected: "must be a DNS name, not an address" };
  // It may be a whole URL, or have letters that DNS has in another form.
  const host = URL.parse(/^https?:\/\//.test(name) ? name : `https://${name}`)?.hostname;
  const isMeant = host !== undefined && host !== name && isName(host);
  return { expected: NAME_EXPECTED, meant: isMeant ? host : undefined };
}

/** @returns the names of a list, separated by commas, or a complaint about each that is not valid */
export function readDomains(text: string): Read<readonly string[]> {
  const entries = text.split(",").map((entry) => entry.trim());
  const complaints = entries.flatMap((entry, index): Complaint[] => {
    const refusal = /[\s;]/.test(entry) ? separators(entry) : refusalOf(readDomain(entry));
    if (refusal === undefined) return [];
    return [{ ...refusal, shown: entry, place: placeOf(index, entries) }];
  });
  return complaints.length > 0 ? complaints : reading(entries);
}

/** Whether public authorities could look the name up. */
export function isPublicName(name: string): boolean {
  return name.includes(".") && !PRIVATE.test(name);
}

export function readEmail(text: string): Read<string> {
  return /^[!-+\--?A-~]+@[A-Za-z0-9.-]+$/.test(text)
    ? reading(text)
    : "must be one address such as ops@example.com";
}

/** The URL of an authority's directory: keys of accounts are of no use to others, but certificates are. */
export function readDirectory(text: string): Read<string> {
  const url = URL.parse(text);
  const expected = "must be the https URL of an ACME directory";
  if (url === null || url.username !== "" || url.hash !== "") return expected;
  if (url.protocol === "https:") return reading(text);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isHere = host === "localhost" || isLoopback(host);
  if (url.protocol === "http:" && isHere) return reading(text);
  const meant = url.protocol === "http:" ? text.replace(/^http:/i, "https:") : undefined;
  return { expected: `${expected}; http is for loopback only`, meant };
}

/** The folder that keeps keys and certificates. */
export function readStore(text: string): Read<string> {
  const isPlain = text.startsWith("/") && !/\/\.{1,2}(?:\/|$)|\/\//.test(text);
  if (isPlain && STORE.test(text)) return reading(text.replace(/\/$/, ""));
  return {
    expected:
      "must be a folder below /run or /var/lib/roundabout: this program may write nowhere else",
    meant: text.startsWith("/var/run/") ? text.slice("/var".length) : undefined,
  };
}

/** The key of an external account, in base64url; some authorities show it in base64 with padding. */
export function readExternalKey(text: string): Read<string> {
  const plain = text.trim().replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return /^[A-Za-z0-9_-]{16,}$/.test(plain) && plain.length % 4 !== 1
    ? reading(plain)
    : [{ expected: "must be a key in base64url, as the authority shows it", shown: "***" }];
}

function isName(name: string): boolean {
  const labels = name.split(".");
  return name.length <= MAX_NAME_CHARACTERS && labels.every((label) => LABEL.test(label)) &&
    !/^\d+$/.test(labels.at(-1)!); // what ends so is an address, in one of its forms
}

function separators(entry: string): Refused {
  const names = entry.split(/[\s;]+/).filter((part) => part !== "");
  const isMeant = names.length > 1 && names.every((name) => isName(name.toLowerCase()));
  return { expected: "must have , between names", meant: isMeant ? names.join(",") : undefined };
}
