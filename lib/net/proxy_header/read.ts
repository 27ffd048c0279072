/**
 * Reads the PROXY header that a connection begins with: version 1 or 2 (HAProxy's proxy-protocol.txt,
 * 2020/03/05). What cannot become one is refused at its first wrong byte.
 */
import type { Endpoint, Endpoints } from "../../endpoints.ts";
import { isIP } from "../is_ip.ts";
import { crc32c } from "./crc32c.ts";
import { addressOf, bytesOfIPv6, PREFIX_BYTES, SIGNATURE } from "./format.ts";

export interface ProxyHeader {
  /** Whose connection it is; undefined if it is that of the proxy itself, or if the proxy does not know. */
  readonly endpoints: Endpoints | undefined;
  /** How many bytes it has. */
  readonly length: number;
}

/** A line of version 1, with its CRLF (section 2.1). */
const MAX_LINE_BYTES = 107;

/** A longer header of version 2 is refused, whatever it announces: nginx has the same limit. */
export const MAX_HEADER_BYTES = 4096;

const KEYWORD = new TextEncoder().encode("PROXY ");
const CR = 0x0d, LF = 0x0a;

/** The command and the version, in one byte. */
const LOCAL = 0x20, PROXY = 0x21;

/** How long the two addresses of each family are, with their ports. */
const ADDRESS_BYTES = [0, 12, 36, 216] as const;
const [, IPV4, IPV6] = [0, 1, 2];

/** Transport protocols: none, a stream, datagrams. */
const MAX_TRANSPORT = 2, STREAM = 1;

const CHECKSUM_TYPE = 0x03, CHECKSUM_BYTES = 4;

/** Type and length of a TLV. */
const TLV_PREFIX_BYTES = 3;

/**
 * @param bytes all that has been received; others may follow the header
 * @returns `incomplete` if more is needed to say
 */
export function readProxyHeader(bytes: Uint8Array): ProxyHeader | "incomplete" | "invalid" {
  if (beginsLike(bytes, SIGNATURE)) return readBinary(bytes);
  if (beginsLike(bytes, KEYWORD)) return readLine(bytes);
  return "invalid";
}

/** Whether the bytes begin with a text, as far as they go. */
function beginsLike(bytes: Uint8Array, text: Uint8Array): boolean {
  return bytes.subarray(0, text.length).every((byte, index) => byte === text[index]);
}

function readLine(bytes: Uint8Array): ProxyHeader | "incomplete" | "invalid" {
  const line = bytes.subarray(0, MAX_LINE_BYTES);
  const end = line.findIndex((byte) => byte === CR || byte === LF);
  if (end === -1) return line.length < MAX_LINE_BYTES ? "incomplete" : "invalid";
  if (line[end] !== CR) return "invalid";
  if (end + 1 === line.length) return end + 1 < MAX_LINE_BYTES ? "incomplete" : "invalid";
  if (line[end + 1] !== LF) return "invalid";
  const text = String.fromCharCode(...line.subarray(0, end));
  const length = end + 2;
  if (/^PROXY UNKNOWN(?: |$)/.test(text)) return { endpoints: undefined, length };
  const [, version, from, to, fromPort, toPort] =
    /^PROXY TCP([46]) ([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+)$/.exec(text) ?? [];
  if (version === undefined) return "invalid";
  const source = readEndpoint(version, from!, fromPort!);
  const destination = readEndpoint(version, to!, toPort!);
  if (source === undefined || destination === undefined) return "invalid";
  return { endpoints: { source, destination }, length };
}

function readEndpoint(version: string, address: string, port: string): Endpoint | undefined {
  const isPort = /^(?:0|[1-9]\d{0,4})$/.test(port) && Number(port) <= 0xffff;
  if (!isPort || isIP(address) !== Number(version)) return undefined;
  const plain = version === "4" ? address : addressOf(bytesOfIPv6(address));
  return { address: plain, port: Number(port) };
}

function readBinary(bytes: Uint8Array): ProxyHeader | "incomplete" | "invalid" {
  const command = bytes[SIGNATURE.length];
  if (command === undefined) return "incomplete";
  if (command !== LOCAL && command !== PROXY) return "invalid";
  const kind = bytes[SIGNATURE.length + 1];
  if (kind === undefined) return "incomplete";
  const [family, transport] = [kind >> 4, kind & 0x0f];
  const isKnown = family < ADDRESS_BYTES.length && transport <= MAX_TRANSPORT;
  if (command === PROXY && !isKnown) return "invalid";
  if (bytes.length < PREFIX_BYTES) return "incomplete";
  const length = PREFIX_BYTES + uint16(bytes, PREFIX_BYTES - 2);
  if (length > MAX_HEADER_BYTES) return "invalid";
  if (bytes.length < length) return "incomplete";
  const header = bytes.subarray(0, length);
  const more = checkMore(header, PREFIX_BYTES + (ADDRESS_BYTES[family] ?? 0));
  if (more === "wrong checksum") return "invalid";
  if (command === LOCAL || family === 0) return { endpoints: undefined, length };
  if (more === "malformed") return "invalid";
  const isAddress = (family === IPV4 || family === IPV6) && transport === STREAM;
  return { endpoints: isAddress ? readAddresses(header, family) : undefined, length };
}

function readAddresses(header: Uint8Array, family: number): Endpoints {
  const size = family === IPV4 ? 4 : 16;
  const ports = PREFIX_BYTES + 2 * size;
  const endpoint = (index: number) => ({
    address: addressOf(
      header.subarray(PREFIX_BYTES + index * size, PREFIX_BYTES + (index + 1) * size),
    ),
    port: uint16(header, ports + 2 * index),
  });
  return { source: endpoint(0), destination: endpoint(1) };
}

/** Looks through what follows the addresses, of which only the checksum counts (section 2.2.3). */
function checkMore(header: Uint8Array, start: number): "fine" | "malformed" | "wrong checksum" {
  let at = start;
  while (at + TLV_PREFIX_BYTES <= header.length) {
    const value = at + TLV_PREFIX_BYTES;
    const end = value + uint16(header, at + 1);
    if (end > header.length) return "malformed";
    if (header[at] === CHECKSUM_TYPE && !hasChecksum(header, value, end)) return "wrong checksum";
    at = end;
  }
  return at === header.length ? "fine" : "malformed";
}

function hasChecksum(header: Uint8Array, start: number, end: number): boolean {
  if (end - start !== CHECKSUM_BYTES) return false;
  const expected = uint16(header, start) * 0x1_0000 + uint16(header, start + 2);
  return crc32c(header.slice().fill(0, start, end)) === expected;
}

function uint16(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!;
}
