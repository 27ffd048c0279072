/** Writes the PROXY header that a connection begins with (HAProxy's proxy-protocol.txt, 2020/03/05). */
import type { Endpoints } from "../../endpoints.ts";
import { isIP } from "../is_ip.ts";
import { bytesOfIPv6, PREFIX_BYTES, SIGNATURE } from "./format.ts";

export type ProxyVersion = 1 | 2;

/** Version 2 with the command, in one byte. */
const LOCAL = 0x20, PROXY = 0x21;

/** The family and a stream, in one byte. */
const KINDS = { 4: 0x11, 6: 0x21 };

/**
 * @param endpoints those of the client's connection; undefined for one of the proxy itself, or of a client without an address: then
 * the header says UNKNOWN (version 1) or LOCAL (version 2)
 */
export function writeProxyHeader(
  version: ProxyVersion,
  endpoints: Endpoints | undefined,
): Uint8Array<ArrayBuffer> {
  const family = endpoints === undefined ? 0 : familyOf(endpoints);
  return version === 1 ? writeLine(endpoints, family) : writeBinary(endpoints, family);
}

/** @returns 0 if they have no common one */
function familyOf({ source, destination }: Endpoints): 0 | 4 | 6 {
  const family = isIP(source.address);
  return family === isIP(destination.address) ? family : 0;
}

function writeLine(
  endpoints: Endpoints | undefined,
  family: 0 | 4 | 6,
): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  if (endpoints === undefined || family === 0) return encoder.encode("PROXY UNKNOWN\r\n");
  const { source, destination } = endpoints;
  const ends = `${source.address} ${destination.address} ${source.port} ${destination.port}`;
  return encoder.encode(`PROXY TCP${family} ${ends}\r\n`);
}

function writeBinary(
  endpoints: Endpoints | undefined,
  family: 0 | 4 | 6,
): Uint8Array<ArrayBuffer> {
  const isProxied = endpoints !== undefined && family !== 0;
  const addresses = isProxied ? addressBytes(endpoints, family) : [];
  const bytes = new Uint8Array(PREFIX_BYTES + addresses.length);
  bytes.set(SIGNATURE);
  bytes.set([
    isProxied ? PROXY : LOCAL,
    isProxied ? KINDS[family] : 0,
    ...bytesOfNumber(addresses.length),
  ], SIGNATURE.length);
  bytes.set(addresses, PREFIX_BYTES);
  return bytes;
}

function addressBytes({ source, destination }: Endpoints, family: 4 | 6): number[] {
  const bytesOf = (address: string) =>
    family === 4 ? address.split(".").map(Number) : [...bytesOfIPv6(address)];
  return [
    ...bytesOf(source.address),
    ...bytesOf(destination.address),
    ...bytesOfNumber(source.port),
    ...bytesOfNumber(destination.port),
  ];
}

/** Two bytes, the higher one first. */
function bytesOfNumber(number: number): [number, number] {
  return [number >> 8, number & 0xff];
}
