import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  AF_INET6,
  decodeAddress,
  encodeAddress,
  MAX_ADDRESS_BYTES,
} from "../../../lib/net/epoll/socket_address.ts";
import { DENO_SOCKETS } from "../../../lib/net/sockets.ts";

/** What the system gets, and gives back in a longer buffer that has held other addresses. */
function roundTrip(place: Parameters<typeof encodeAddress>[0]): Deno.Addr {
  const address = encodeAddress(place);
  const buffer = new Uint8Array(MAX_ADDRESS_BYTES).fill(0x61);
  buffer.set(address);
  return decodeAddress(buffer, address.length);
}

const ports = fc.integer({ min: 0, max: 65_535 });

Deno.test("socket address: each address of IPv4 is the same after a round trip", () => {
  fc.assert(fc.property(fc.ipV4(), ports, (hostname, port) => {
    assertEquals(roundTrip({ hostname, port }), { transport: "tcp", hostname, port });
  }));
});

Deno.test("socket address: each spelling of an address of IPv6 keeps its value", () => {
  fc.assert(fc.property(fc.ipV6(), ports, (hostname, port) => {
    const again = roundTrip({ hostname, port }) as Deno.NetAddr;
    const canonical = (address: string) => new URL(`http://[${address}]`).hostname;
    assertEquals(canonical(again.hostname), canonical(hostname));
    assertEquals(again.port, port);
  }));
});

Deno.test("socket address: the text of any 16 bytes of IPv6 leads to the same bytes", () => {
  const groups = fc.array(fc.oneof(fc.constant(0), fc.constant(0xffff), fc.nat(0xffff)), {
    minLength: 8,
    maxLength: 8,
  });
  fc.assert(fc.property(groups, (groups) => {
    const bytes = new Uint8Array(28);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, AF_INET6, true);
    groups.forEach((group, index) => view.setUint16(8 + 2 * index, group));
    const { hostname } = decodeAddress(bytes, 28) as Deno.NetAddr;
    assertEquals(encodeAddress({ hostname, port: 0 }), bytes);
  }));
});

Deno.test("socket address: each path and abstract name that fits is the same after a round trip", () => {
  const texts = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 })
    .filter((text) => !text.includes("\0") && new TextEncoder().encode(text).length < 107);
  fc.assert(fc.property(texts, fc.boolean(), (text, isAbstract) => {
    const path = isAbstract ? `\0${text}` : text;
    assertEquals(roundTrip({ path }), { transport: "unix", path });
  }));
});

for (
  const [written, shown] of [
    ["::", "::"],
    ["::1", "::1"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"], // a single zero is not shortened
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
    ["::ffff:c000:201", "::ffff:192.0.2.1"],
    ["::192.0.2.1", "::c000:201"], // these are deprecated, and no others have dots (RFC 4291, 2.5.5.1)
    ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
  ] as const
) {
  Deno.test(`socket address: ${written} is shown as ${shown}`, () => {
    const address = roundTrip({ hostname: written, port: 1 });
    assertEquals(address, { transport: "tcp", hostname: shown, port: 1 });
  });
}

for (const hostname of ["127.0.0.1", "127.1.2.3", "0.0.0.0", "::", "::1", "::ffff:127.0.0.1"]) {
  Deno.test(`socket address: ${hostname} is shown as Deno shows it`, () => {
    const options = { reusePort: false, backlog: 1 };
    const listener = DENO_SOCKETS.listen({ hostname, port: 0 }, options);
    const { port } = listener.addr as Deno.NetAddr;
    listener.close();
    assertEquals(roundTrip({ hostname, port }), { ...listener.addr });
  });
}

Deno.test("socket address: a socket without a name has an empty path, however much the system writes", () => {
  const bytes = new Uint8Array(MAX_ADDRESS_BYTES);
  bytes[0] = 1;
  assertEquals(decodeAddress(bytes, 2), { transport: "unix", path: "" });
  const address = encodeAddress({ path: "/run/a.sock" });
  assertEquals(decodeAddress(address, address.length - 1), {
    transport: "unix",
    path: "/run/a.sock",
  });
});

Deno.test("socket address: a path has at most 107 bytes, and no zero byte", () => {
  const longest = `/${"é".repeat(53)}`;
  assertEquals(roundTrip({ path: longest }), { transport: "unix", path: longest });
  assertThrows(() => encodeAddress({ path: `${longest}a` }), Error, "at most 107 bytes");
  assertThrows(() => encodeAddress({ path: "/run/a\0b" }), Error, "no zero byte");
});
