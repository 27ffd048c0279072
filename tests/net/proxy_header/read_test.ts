import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Endpoints } from "../../../lib/endpoints.ts";
import { crc32c } from "../../../lib/net/proxy_header/crc32c.ts";
import { SIGNATURE } from "../../../lib/net/proxy_header/format.ts";
import { MAX_HEADER_BYTES, readProxyHeader } from "../../../lib/net/proxy_header/read.ts";
import { type ProxyVersion, writeProxyHeader } from "../../../lib/net/proxy_header/write.ts";

const latin1 = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** A header of version 2. @param announced by default as long as the block is */
function binary(
  command: number,
  kind: number,
  block: readonly number[] = [],
  announced = block.length,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(...SIGNATURE, command, kind, announced >> 8, announced & 0xff, ...block);
}

const V4 = [192, 0, 2, 7, 198, 51, 100, 1, 0x12, 0x34, 0x01, 0xbb];
const V6 = [
  ...[0x20, 0x01, 0x0d, 0xb8, ...new Array(11).fill(0), 7],
  ...[0x20, 0x01, 0x0d, 0xb8, ...new Array(11).fill(0), 1],
  ...[0x12, 0x34, 0x01, 0xbb],
];
const MAPPED = [...new Array(10).fill(0), 0xff, 0xff];

const FROM_V4: Endpoints = {
  source: { address: "192.0.2.7", port: 0x1234 },
  destination: { address: "198.51.100.1", port: 443 },
};
const FROM_V6: Endpoints = {
  source: { address: "2001:db8::7", port: 0x1234 },
  destination: { address: "2001:db8::1", port: 443 },
};

/** The same header with a right checksum behind its addresses. */
function summed(header: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(header.length + 7);
  bytes.set(header);
  bytes.set([0x03, 0, 4], header.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(14, bytes.length - 16);
  view.setUint32(header.length + 3, crc32c(bytes));
  return bytes;
}

Deno.test("CRC-32C: the check value of the algorithm", () => {
  assertEquals(crc32c(latin1("123456789")), 0xe3069283);
});

const WITH_TLVS = binary(0x21, 0x11, [...V4, 0x04, 0, 0, 0xea, 0, 2, 1, 2]);

for (
  const [what, header, connection] of [
    ["v1, IPv4", latin1("PROXY TCP4 192.0.2.7 198.51.100.1 4660 443\r\n"), FROM_V4],
    ["v1, IPv6", latin1("PROXY TCP6 2001:DB8:0:0::7 2001:db8::1 4660 443\r\n"), FROM_V6],
    [
      "v1, IPv4 mapped to IPv6",
      latin1("PROXY TCP6 ::ffff:c000:207 ::ffff:198.51.100.1 4660 443\r\n"),
      FROM_V4,
    ],
    ["v1, UNKNOWN", latin1("PROXY UNKNOWN\r\n"), undefined],
    [
      "v1, UNKNOWN with addresses",
      latin1("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n"),
      undefined,
    ],
    ["v1 of 107 bytes", latin1(`PROXY UNKNOWN ${"f".repeat(91)}\r\n`), undefined],
    ["v2, IPv4", binary(0x21, 0x11, V4), FROM_V4],
    ["v2, IPv6", binary(0x21, 0x21, V6), FROM_V6],
    [
      "v2, IPv4 mapped to IPv6",
      binary(0x21, 0x21, [...MAPPED, ...V4.slice(0, 4), ...MAPPED, ...V4.slice(4)]),
      FROM_V4,
    ],
    ["v2, TLVs", WITH_TLVS, FROM_V4],
    ["v2, a right checksum", summed(binary(0x21, 0x11, V4)), FROM_V4],
    ["v2, a right checksum behind TLVs", summed(WITH_TLVS), FROM_V4],
    ["v2, LOCAL", binary(0x20, 0x00), undefined],
    ["v2, LOCAL with an address", binary(0x20, 0x11, V4), undefined],
    ["v2, LOCAL with anything", binary(0x20, 0xff, [1, 2, 3, 4, 5]), undefined],
    ["v2, an unknown family", binary(0x21, 0x00, [1, 2]), undefined],
    ["v2, a unix socket", binary(0x21, 0x31, new Array(216).fill(0x2f)), undefined],
    ["v2, datagrams", binary(0x21, 0x12, V4), undefined],
    ["v2, as long as may be", binary(0x20, 0, new Array(MAX_HEADER_BYTES - 16).fill(0)), undefined],
  ] as const
) {
  Deno.test(`PROXY header: ${what} is read, whatever follows and however it arrives`, () => {
    const expected = { endpoints: connection, length: header.length };
    assertEquals(readProxyHeader(header), expected);
    assertEquals(readProxyHeader(Uint8Array.of(...header, 0x03, 0, 9, 1)), expected);
    for (let length = 0; length < header.length; length++) {
      assertEquals(readProxyHeader(header.subarray(0, length)), "incomplete", `${length} bytes`);
    }
  });
}

const wrongSum = summed(binary(0x21, 0x11, V4));
wrongSum[wrongSum.length - 1]! ^= 1;
const wrongLocal = summed(binary(0x20, 0x11, V4));
wrongLocal[17]! ^= 1;

for (
  const [what, header] of [
    ["HTTP", latin1("GET / HTTP/1.1\r\n")],
    ["TLS", Uint8Array.of(0x16, 3, 1)],
    ["a POST", latin1("PO")],
    ["lower case", latin1("proxy")],
    ["two spaces", latin1("PROXY  TCP4 1.1.1.1 2.2.2.2 1 2\r\n")],
    ["a tab", latin1("PROXY\tTCP4 1.1.1.1 2.2.2.2 1 2\r\n")],
    ["another protocol", latin1("PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n")],
    ["a longer word than UNKNOWN", latin1("PROXY UNKNOWNS\r\n")],
    ["no addresses", latin1("PROXY TCP4\r\n")],
    ["no ports", latin1("PROXY TCP4 1.1.1.1 2.2.2.2\r\n")],
    ["something more", latin1("PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n")],
    ["a space at the end", latin1("PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n")],
    ["a zero in front of an address", latin1("PROXY TCP4 01.1.1.1 2.2.2.2 1 2\r\n")],
    ["a hexadecimal address", latin1("PROXY TCP4 0x1.1.1.1 2.2.2.2 1 2\r\n")],
    ["an address of one number", latin1("PROXY TCP4 16843009 2.2.2.2 1 2\r\n")],
    ["an address too large", latin1("PROXY TCP4 256.1.1.1 2.2.2.2 1 2\r\n")],
    ["IPv6 for IPv4", latin1("PROXY TCP4 ::1 ::1 1 2\r\n")],
    ["IPv4 for IPv6", latin1("PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n")],
    ["two kinds of addresses", latin1("PROXY TCP6 ::1 2.2.2.2 1 2\r\n")],
    ["a zone", latin1("PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n")],
    ["brackets", latin1("PROXY TCP6 [::1] [::1] 1 2\r\n")],
    ["a name", latin1("PROXY TCP4 localhost 2.2.2.2 1 2\r\n")],
    ["a zero in front of a port", latin1("PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n")],
    ["a port too large", latin1("PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n")],
    ["a negative port", latin1("PROXY TCP4 1.1.1.1 2.2.2.2 -1 2\r\n")],
    ["LF alone", latin1("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n")],
    ["CR alone", latin1("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\rG")],
    ["108 bytes", latin1(`PROXY UNKNOWN ${"f".repeat(92)}\r\n`)],
    ["107 bytes without an end", latin1(`PROXY UNKNOWN ${"f".repeat(93)}`)],
    ["another byte in the signature", Uint8Array.of(...SIGNATURE.slice(0, 11), 0x0b)],
    ["version 1 in binary", binary(0x11, 0x11, V4)],
    ["version 3", binary(0x31, 0x11, V4)],
    ["an unknown command", binary(0x22, 0x11, V4)],
    ["an unknown family", binary(0x21, 0x41, V4)],
    ["an unknown transport", binary(0x21, 0x13, V4)],
    ["a block too short for IPv4", binary(0x21, 0x11, V4.slice(0, 11))],
    ["a block too short for IPv6", binary(0x21, 0x21, V4)],
    ["a block too short for a unix socket", binary(0x21, 0x31, V6)],
    ["a length above the limit", binary(0x20, 0, [], MAX_HEADER_BYTES - 15)],
    ["half a TLV", binary(0x21, 0x11, [...V4, 4, 0])],
    ["a TLV longer than the block", binary(0x21, 0x11, [...V4, 4, 0, 2, 0])],
    ["a wrong checksum", wrongSum],
    ["a wrong checksum of LOCAL", wrongLocal],
    ["a checksum of three bytes", binary(0x21, 0x11, [...V4, 3, 0, 3, 0, 0, 0])],
  ] as const
) {
  Deno.test(`PROXY header: ${what} is invalid`, () => {
    assertEquals(readProxyHeader(header), "invalid");
  });
}

const port = fc.integer({ min: 0, max: 0xffff });
const v4 = fc.ipV4();
const v6 = fc.ipV6().filter((address) => !/::ffff:/i.test(address))
  .map((address) => new URL(`http://[${address}]`).hostname.slice(1, -1));
const connectionOf = (address: fc.Arbitrary<string>) => {
  const endpoint = fc.record({ address, port });
  return fc.record({ source: endpoint, destination: endpoint });
};

Deno.test("PROXY header: what is written is read, in both versions", () => {
  const versions = fc.constantFrom<ProxyVersion>(1, 2);
  const connections = fc.oneof(connectionOf(v4), connectionOf(v6), fc.constant(undefined));
  fc.assert(fc.property(versions, connections, (version, connection) => {
    const bytes = writeProxyHeader(version, connection);
    assertEquals(readProxyHeader(bytes), { endpoints: connection, length: bytes.length });
  }));
});

Deno.test("PROXY header: of any bytes, more never change what fewer have shown", () => {
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.of(...SIGNATURE, ...bytes)),
    fc.tuple(fc.constantFrom(0x20, 0x21), fc.constantFrom(0, 0x11, 0x21, 0x31), fc.uint8Array())
      .map(([command, kind, block]) => binary(command, kind, [...block])),
    fc.string({ maxLength: 120 }).map((text) => latin1(`PROXY TCP4 ${text}\r\n`)),
  );
  fc.assert(fc.property(anyBytes, fc.nat({ max: 320 }), (bytes, length) => {
    const [few, all] = [bytes.subarray(0, length), bytes].map(readProxyHeader);
    if (few !== "incomplete") assertEquals(few, all);
    if (typeof all === "object") assert(all!.length <= bytes.length);
  }));
});

Deno.test("PROXY header: of two families, or none, nothing is said", () => {
  for (const address of ["::1", "unix:"]) {
    const other = { source: { address, port: 1 }, destination: FROM_V4.destination };
    for (const version of [1, 2] as const) {
      const header = readProxyHeader(writeProxyHeader(version, other));
      assertEquals(typeof header === "object" && header.endpoints, undefined);
    }
  }
});
