/** Addresses of sockets as the system has them: ip(7), ipv6(7), unix(7). */
import type { Bytes } from "../connection.ts";
import { isIP } from "../is_ip.ts";
import type { Place } from "../sockets.ts";

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** No address is longer: that of a unix socket has 110 bytes. */
export const MAX_ADDRESS_BYTES = 128;

/** The longest path of a unix socket, in bytes. */
const MAX_PATH_BYTES = 107;

const LITTLE_ENDIAN = true; // as the machines are; ports and addresses have the order of the network

/** Writes an address. @param place whose host is an IP address @throws if a path is none */
export function encodeAddress(place: Place): Bytes {
  if ("path" in place) return encodePath(place.path);
  const { hostname, port } = place;
  return isIP(hostname) === 6 ? encodeIpv6(hostname, port) : encodeIpv4(hostname, port);
}

function encodePath(path: string): Bytes {
  const name = new TextEncoder().encode(path);
  if (name.length > MAX_PATH_BYTES) {
    throw new Error(
      `a path of a unix socket has at most ${MAX_PATH_BYTES} bytes: current value is "${path}"`,
    );
  }
  // A path ends with a zero byte, an abstract name at the end of the address.
  const isAbstract = path.startsWith("\0");
  if (!isAbstract && name.includes(0)) {
    throw new Error(`a path of a unix socket has no zero byte: current value is "${path}"`);
  }
  const bytes = new Uint8Array(2 + name.length + (isAbstract ? 0 : 1));
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, LITTLE_ENDIAN);
  bytes.set(name, 2);
  return bytes;
}

function encodeIpv4(hostname: string, port: number): Bytes {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, LITTLE_ENDIAN);
  view.setUint16(2, port);
  bytes.set(hostname.split(".").map(Number), 4);
  return bytes;
}

function encodeIpv6(hostname: string, port: number): Bytes {
  const bytes = new Uint8Array(28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET6, LITTLE_ENDIAN);
  view.setUint16(2, port);
  const [head, tail] = canonicalIpv6(hostname).split("::").map((half) =>
    half === "" ? [] : half.split(":")
  );
  const groups = tail === undefined
    ? head!
    : [...head!, ...Array<string>(8 - head!.length - tail.length).fill("0"), ...tail];
  groups.forEach((group, index) => view.setUint16(8 + 2 * index, parseInt(group, 16)));
  return bytes;
}

/** Reads an address that the system has written. @param length in bytes */
export function decodeAddress(bytes: Bytes, length: number): Deno.Addr {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  switch (view.getUint16(0, LITTLE_ENDIAN)) {
    case AF_INET: {
      const hostname = `${bytes[4]}.${bytes[5]}.${bytes[6]}.${bytes[7]}`;
      return { transport: "tcp", hostname, port: view.getUint16(2) };
    }
    case AF_INET6: {
      const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(8 + 2 * index));
      return { transport: "tcp", hostname: formatIpv6(groups), port: view.getUint16(2) };
    }
    default:
      return { transport: "unix", path: decodePath(bytes.subarray(2, length)) };
  }
}

function decodePath(name: Bytes): string {
  const end = name[0] === 0 ? -1 : name.indexOf(0); // a peer has mostly no name at all
  return new TextDecoder().decode(end === -1 ? name : name.subarray(0, end));
}

/** As RFC 5952 has it; IPv4 addresses that are mapped into IPv6 end with them (section 5). */
function formatIpv6(groups: readonly number[]): string {
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  if (isMapped) {
    const [high, low] = [groups[6]!, groups[7]!];
    return `::ffff:${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
  }
  return canonicalIpv6(groups.map((group) => group.toString(16)).join(":"));
}

/** The parser of URLs has the rules: at most one `::`, no dots. */
function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
