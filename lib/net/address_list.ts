/**
 * Tells whether an address belongs to networks.
 *
 * A worker loads this only if it has such networks, as node:net costs 3 MB of memory in each thread.
 */
import { BlockList } from "node:net";
import { isIP } from "./is_ip.ts";
import { parseNetwork } from "./network.ts";

/**
 * @param networks addresses and CIDR ranges that {@linkcode parseNetwork} understands
 * @returns a function that checks whether an address belongs to one of the networks
 */
export function belongsTo(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const { address, length, version } = parseNetwork(network)!;
    list.addSubnet(address, length, familyOf(version));
  }
  return (address) => {
    const version = isIP(address); // 0 if it is not an address, as in a forged header
    return version !== 0 && list.check(address, familyOf(version));
  };
}

function familyOf(version: 4 | 6): "ipv4" | "ipv6" {
  return version === 6 ? "ipv6" : "ipv4";
}
