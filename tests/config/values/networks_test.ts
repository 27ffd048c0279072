import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readNetworks } from "../../../lib/config/values/networks.ts";
import type { Complaint } from "../../../lib/config/values/reading.ts";
import { belongsTo } from "../../../lib/net/address_list.ts";

function networks(text: string): (address: string) => boolean {
  const read = readNetworks(text);
  if (typeof read === "object" && "value" in read) return belongsTo(read.value);
  throw new Error(`Not read: ${JSON.stringify(read)}`);
}

function refusals(text: string): readonly Complaint[] {
  const read = readNetworks(text);
  if (Array.isArray(read)) return read;
  throw new Error(`Read: ${JSON.stringify(read)}`);
}

for (
  const [text, inside, outside] of [
    ["none", [], ["127.0.0.1", "::1", "0.0.0.0"]],
    ["192.0.2.1", ["192.0.2.1"], ["192.0.2.2", "::1"]],
    ["192.0.2.1/32", ["192.0.2.1"], ["192.0.2.0", "192.0.2.2"]],
    ["10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], ["9.255.255.255", "11.0.0.0"]],
    ["10.1.2.3/8", ["10.0.0.0", "10.255.255.255"], ["11.0.0.0"]],
    ["172.16.0.0/12", ["172.16.0.0", "172.31.255.255"], ["172.15.255.255", "172.32.0.0"]],
    ["0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::1"]],
    ["::1", ["::1", "0:0:0:0:0:0:0:1"], ["::2", "127.0.0.1"]],
    ["fd00::/8", ["fd00::", "fdff::1"], ["fc00::1", "fe00::"]],
    ["2001:db8::/33", ["2001:db8:7fff::1"], ["2001:db8:8000::1"]],
    ["::/0", ["::1", "fd00::1"], []],
    [" 192.0.2.1 ,\tfd00::/8", ["192.0.2.1", "fd00::1"], ["192.0.2.2"]],
  ] as const
) {
  Deno.test(`networks: ${JSON.stringify(text)} contains these addresses and no others`, () => {
    const isInside = networks(text);
    for (const address of inside) assertEquals([address, isInside(address)], [address, true]);
    for (const address of outside) assertEquals([address, isInside(address)], [address, false]);
  });
}

const EXPECTED = "must be none, or addresses and CIDR ranges such as 10.0.0.0/8, fd00::/8";

for (
  const [text, ...shown] of [
    ["", ""],
    ["all", "all"],
    ["*", "*"],
    ["10.0.0.0/33", "10.0.0.0/33"],
    ["fd00::/129", "fd00::/129"],
    ["10.0.0.0/-1", "10.0.0.0/-1"],
    ["10.0.0.0/", "10.0.0.0/"],
    ["10.0.0.0/8/8", "10.0.0.0/8/8"],
    ["10.0.0/8", "10.0.0/8"],
    ["10.0.0.256", "10.0.0.256"],
    ["010.0.0.1", "010.0.0.1"],
    ["10.0.0.1:80", "10.0.0.1:80"],
    ["[::1]", "[::1]"],
    ["a.test", "a.test"],
    ["10.0.0.0/x", "10.0.0.0/x"],
    ["/8", "/8"],
    ["10.0.0.1,", ""],
    ["none,10.0.0.1", "none"],
    ["x,10.0.0.0/8,y/1", "x", "y/1"],
  ] as const
) {
  Deno.test(`networks: ${JSON.stringify(text)} is refused, with each entry that is not valid`, () => {
    const refused = shown.map((entry) => ({ expected: EXPECTED, shown: entry }));
    assertEquals(refusals(text).map(({ expected, shown }) => ({ expected, shown })), refused);
  });
}

const ZONES = "must have no zones such as %eth0, as the addresses of peers have none";
const COMMAS = "must have , between addresses";

for (
  const [text, expected, meant, place] of [
    ["fe80::1%eth0", ZONES, "fe80::1", undefined],
    ["fe80::%eth0/10", ZONES, "fe80::/10", undefined],
    ["::1,x%1", ZONES, undefined, "entry 2 of 2"],
    ["10.0.0.1 10.0.0.2", COMMAS, "10.0.0.1,10.0.0.2", undefined],
    ["10.0.0.1; ::1", COMMAS, "10.0.0.1,::1", undefined],
    ["10.0.0.1 a", COMMAS, undefined, undefined],
    ["off", EXPECTED, "none", undefined],
    ["[::1]", EXPECTED, "::1", undefined],
    ["10.0.0.1,[fd00::]/8", EXPECTED, "fd00::/8", "entry 2 of 2"],
    ["10.0.0.1:80", EXPECTED, undefined, undefined],
  ] as const
) {
  Deno.test(`networks: ${text} is refused: ${expected}, and the suggestion is ${meant}`, () => {
    const [{ shown: _, ...complaint }] = refusals(text) as [Complaint];
    assertEquals(complaint, { expected, meant, place });
  });
}

Deno.test("networks: an address with a zone, as in a forged header, belongs to no network", () => {
  assertEquals(networks("::/0,0.0.0.0/0")("fe80::1%eth0"), false);
});

const asNumber = (address: string) =>
  address.split(".").reduce((number, byte) => number * 256 + Number(byte), 0);

Deno.test("networks: an IPv4 range contains the addresses that share its first bits", () => {
  const near = fc.tuple(
    fc.ipV4(),
    fc.integer({ min: 0, max: 32 }),
    fc.integer({ min: 0, max: 31 }),
  );
  fc.assert(fc.property(near, ([base, length, flipped]) => {
    const other = (asNumber(base) ^ (1 << flipped)) >>> 0;
    const address = [24, 16, 8, 0].map((shift) => other >>> shift & 255).join(".");
    const same = flipped < 32 - length;
    const isInside = networks(`${base}/${length}`);
    assert(isInside(base));
    assertEquals(isInside(address), same, `${address} in ${base}/${length}`);
  }));
});
