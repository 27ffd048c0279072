/** Parses `USERS_SERVICE`: `http://users-1:5000 weight=2;http://users-2:5000/base`. */
import { ONE_HOST, withoutSecret, withScheme } from "./backend_url.ts";
import {
  type BackendAddress,
  hasOwnWeight,
  readBackendAddress,
  SRV_WEIGHT,
} from "./listed_backend.ts";
import { type Complaint, isReading, placeOf, refusalOf, type Refused } from "./reading.ts";

/** One entry, as a file would write it. */
export interface BackendEntry {
  readonly url: string;
  readonly address: BackendAddress;
  readonly weight: number | undefined;
  /** For messages, with credentials masked. */
  readonly shown: string;
  readonly place: string | undefined;
}

export interface BackendList {
  /** The entries that are valid, in the order of the list. */
  readonly backends: readonly BackendEntry[];
  /** About each entry that is not. */
  readonly complaints: readonly Complaint[];
}

export const NO_BACKENDS =
  "must list at least one backend, such as http://users-1:5000;http://users-2:5000 " +
  "(to try Roundabout without backends: deno task demo)";

/** What a list on one line asks for. */
export const SEPARATED = "must have ; between backends";
export const HOSTS = `${ONE_HOST} in each URL, and ; between URLs`;

export function readBackendList(text: string): BackendList {
  if (text.trim() === "") {
    return { backends: [], complaints: [{ expected: NO_BACKENDS, shown: text }] };
  }
  const backends: BackendEntry[] = [];
  const complaints: Complaint[] = [];
  const entries = withoutLastEmpty(text.split(";")).map((entry) => entry.trim());
  for (const [index, entry] of entries.entries()) {
    const place = placeOf(index, entries);
    const shown = withoutPassword(entry, text);
    const backend = readEntry(entry);
    if ("expected" in backend) complaints.push({ ...withoutSecret(backend, text), shown, place });
    else backends.push({ ...backend, shown, place });
  }
  return { backends, complaints };
}

/** A `;` after the last backend is allowed. */
function withoutLastEmpty(entries: string[]): string[] {
  return entries.at(-1)?.trim() === "" ? entries.slice(0, -1) : entries;
}

/** One backend, with its options. */
export function readEntry(
  entry: string,
): Pick<BackendEntry, "url" | "address" | "weight"> | Refused {
  const [address = "", ...options] = entry.split(/\s+/);
  const several = separate(entry);
  if (several !== undefined) return several;
  if (address === "") return { expected: "must have a URL before and after each ;" };
  const read = readBackendAddress(address);
  if (!isReading(read)) {
    const refusal = refusalOf(read)!;
    if (refusal.expected !== ONE_HOST) return refusal;
    return { ...refusal, expected: HOSTS };
  }
  let weight: number | undefined;
  for (const option of options) {
    const [, digits] = /^weight=(\d{1,3})$/.exec(option) ?? [];
    if (weight !== undefined || !(Number(digits) >= 1 && Number(digits) <= 100)) {
      return { expected: "must have no option except weight=1 to weight=100, once per backend" };
    }
    weight = Number(digits);
  }
  if (weight !== undefined && hasOwnWeight(read.value)) return { expected: SRV_WEIGHT };
  return { url: address, address: read.value, weight };
}

/** A `,`, a `|` or a blank with another backend behind it. A path may have a comma, a host may not. */
const OTHER_SEPARATOR =
  /(?<=^(?:dns\+|srv\+)?https?:\/\/[^/]*)\s*[,|]\s*|\s*[,|]\s*(?=(?:dns\+|srv\+)?https?:|unix:)|\s+(?=(?:dns\+|srv\+)?https?:|unix:|[\w.-]+:\d)/gi;

/** @returns undefined if the entry is one backend */
function separate(entry: string): Refused | undefined {
  const parts = entry.split(OTHER_SEPARATOR);
  if (parts.length === 1) return undefined;
  const list = parts.map((part) => withScheme(part) ?? part);
  const isMeant = list.every((part) => part !== "" && !("expected" in readEntry(part)));
  return {
    expected: SEPARATED,
    meant: isMeant ? list.join(";") : undefined,
  };
}

/**
 * Masks credentials, as error messages end up in logs: an entry is shown from its last @ on, and not at all
 * if it may be the first half of a password that contains a ;.
 */
export function withoutPassword(entry: string, text: string): string {
  if (entry.includes("@")) return entry.replace(/^.*@/s, "***@");
  return text.includes("@") && !URL.canParse(entry) ? "***" : entry;
}
