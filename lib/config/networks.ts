/** Parses `TRUSTED_PROXIES`: addresses and CIDR ranges, separated by commas. */
import { BlockList, isIP } from "node:net";
import { type Complaint, placeOf, type Read, reading, type Refused } from "./reading.ts";

/** @returns the networks, or a complaint about each entry that is not valid */
export function readNetworks(text: string): Read<readonly string[]> {
  if (text === "none") return reading([]);
  const list = new BlockList();
  const entries = text.split(",").map((entry) => entry.trim());
  const complaints = entries.flatMap((entry, index): Complaint[] => {
    if (add(list, entry)) return [];
    return [{ ...explain(entry), shown: entry, place: placeOf(index, entries) }];
  });
  return complaints.length > 0 ? complaints : reading(entries);
}

/**
 * @param networks as returned by {@linkcode readNetworks}
 * @returns a function that checks whether an address belongs to one of the networks
 */
export function belongsTo(networks: readonly string[]): (address: string) => boolean {
  if (networks.length === 0) return () => false;
  const list = new BlockList();
  for (const network of networks) add(list, network);
  return (address) => {
    const version = isIP(address); // 0 if it is not an address, as in a forged header
    return version !== 0 && list.check(address, version === 6 ? "ipv6" : "ipv4");
  };
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
  return {
    expected: "must be none, or addresses and CIDR ranges such as 10.0.0.0/8, fd00::/8",
    meant: /^(?:off|false|no)$/i.test(entry) ? "none" : bare === entry ? undefined : readable(bare),
  };
}

/** The entries as a list; undefined if one of them is not valid. */
function readable(...entries: string[]): string | undefined {
  return entries.every((entry) => add(new BlockList(), entry)) ? entries.join(",") : undefined;
}

/** @returns whether the entry is valid */
function add(list: BlockList, entry: string): boolean {
  const [, address = "", prefix] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  const version = isIP(address);
  const bits = version === 6 ? 128 : 32;
  const length = prefix === undefined ? bits : Number(prefix);
  if (version === 0 || length > bits) return false;
  list.addSubnet(address, length, version === 6 ? "ipv6" : "ipv4");
  return true;
}
