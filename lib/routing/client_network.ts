/** The network of a client that counts as one: an IPv6 client usually has all addresses of a /64. */
import { isIP } from "../net/is_ip.ts";

const GROUPS = 4;

/** @returns an IPv4 address as it is, the first four groups of an IPv6 address, any other text as it is */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.split("::");
  const before = groups(head);
  if (tail === undefined) return before.slice(0, GROUPS).join(":");
  const after = groups(tail);
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  return [...before, ...zeros, ...after].slice(0, GROUPS).join(":");
}

/** Without leading zeros, so that one address has one spelling; an IPv4 address at the end is two groups. */
function groups(text: string): string[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) =>
    group.includes(".") ? ["v4", "v4"] : [group.toLowerCase().replace(/^0+(?=.)/, "")]
  );
}
