/** What both directions know of PROXY headers (HAProxy's proxy-protocol.txt, 2020/03/05). */

/** What headers of version 2 begin with (section 2.2). */
export const SIGNATURE = Uint8Array.of(
  ...[0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a],
);

/** Before the addresses of version 2: signature, command, family, length. In bytes. */
export const PREFIX_BYTES = 16;

/** The 16 bytes of an IPv6 address. @param address valid */
export function bytesOfIPv6(address: string): Uint8Array {
  const [before = "", after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groupsOf = (part: string) =>
    part === "" ? [] : part.split(":").map((hex) => parseInt(hex, 16));
  const [first, last] = [groupsOf(before), groupsOf(after ?? "")];
  const zeros = new Array(8 - first.length - last.length).fill(0);
  const groups = [...first, ...zeros, ...last];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The address that 4 or 16 bytes stand for; an IPv4 address that is mapped to IPv6 is written as itself. */
export function addressOf(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 0xff && bytes[11] === 0xff;
  if (isMapped) return bytes.subarray(12).join(".");
  const groups = Array.from(
    { length: 8 },
    (_, index) => (bytes[2 * index]! << 8 | bytes[2 * index + 1]!),
  );
  const text = groups.map((group) => group.toString(16)).join(":");
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}
