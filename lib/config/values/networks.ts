/** Reads addresses and CIDR ranges: one, or as in `TRUSTED_PROXIES` a list separated by commas. */
import { parseNetwork } from "../../net/network.ts";
import { type Complaint, placeOf, type Read, reading, refusalOf, type Refused } from "./reading.ts";

const EXPECTED = "must be an address or a CIDR range such as 10.0.0.0/8 or fd00::/8";
const LIST_EXPECTED = "must be none, or addresses and CIDR ranges such as 10.0.0.0/8, fd00::/8";

export function readNetwork(text: string): Read<string> {
  return parseNetwork(text) === undefined ? explain(text) : reading(text);
}

/** @returns the networks, or a complaint about each entry that is not valid */
export function readNetworks(text: string): Read<readonly string[]> {
  if (text === "none") return reading([]);
  const entries = text.split(",").map((entry) => entry.trim());
  const complaints = entries.flatMap((entry, index): Complaint[] => {
    const refusal = refusalOf(readNetwork(entry));
    if (refusal === undefined) return [];
    const { expected, meant } = refusal;
    const inList = expected === EXPECTED ? LIST_EXPECTED : expected;
    const nothing = /^(?:off|false|no)$/i.test(entry) ? "none" : undefined;
    const place = placeOf(index, entries);
    return [{ expected: inList, meant: nothing ?? meant, shown: entry, place }];
  });
  return complaints.length > 0 ? complaints : reading(entries);
}

function explain(entry: string): Refused {
  if (entry.includes("%")) {
    return {
      expected: "must have no zones such as %eth0, as the addresses of peers have none",
      meant: readable(entry.replace(/%[^/]*/, "")),
    };
  }
  if (/[\s;]/.test(entry)) {
    return {
      expected: "must have , between addresses",
      meant: readable(...entry.split(/[\s;]+/).filter((part) => part !== "")),
    };
  }
  const bare = entry.replace(/^\[(.*)\]/, "$1");
  return { expected: EXPECTED, meant: bare === entry ? undefined : readable(bare) };
}

/** The entries as a list; undefined if one of them is not valid. */
function readable(...entries: string[]): string | undefined {
  return entries.every((entry) => parseNetwork(entry) !== undefined)
    ? entries.join(",")
    : undefined;
}
