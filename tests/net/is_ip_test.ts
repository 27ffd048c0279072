import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isIP as isIPOfNode } from "node:net";
import { isIP } from "../../lib/net/is_ip.ts";

for (
  const [text, version] of [
    ["192.0.2.1", 4],
    ["0.0.0.0", 4],
    ["255.255.255.255", 4],
    ["::", 6],
    ["::1", 6],
    ["2001:DB8::1", 6],
    ["0:0:0:0:0:0:0:1", 6],
    ["1:2:3:4:5:6:7::", 6],
    ["::ffff:192.0.2.1", 6],
    ["", 0],
    ["localhost", 0],
    ["192.0.2", 0],
    ["192.0.2.1.", 0],
    [".", 0],
    ["1..", 0],
    ["192.0.2.256", 0],
    ["192.0.2.01", 0],
    ["0x7f.0.0.1", 0],
    ["3221225985", 0],
    ["192.0.2.1:80", 0],
    ["[::1]", 0],
    [":::", 0],
    ["1:2:3:4:5:6:7:8:9", 0],
    ["::ffff:192.0.2.01", 0],
    ["::1/64", 0],
    [" ::1", 0],
  ] as const
) {
  Deno.test(`is IP: ${JSON.stringify(text)} is ${version === 0 ? "no address" : `of version ${version}`}`, () => {
    assertEquals([isIP(text), isIPOfNode(text)], [version, version]);
  });
}

Deno.test("is IP: an address with a zone is none, as no peer has one", () => {
  assertEquals([isIP("fe80::1%eth0"), isIPOfNode("fe80::1%eth0")], [0, 6]);
});

Deno.test("is IP: it says of any text what node:net says", () => {
  const groups = fc.array(fc.constantFrom("", "0", "1", "ffff", "fffff", "1.2.3.4", "01"), {
    maxLength: 10,
  });
  const parts = fc.array(fc.constantFrom("", "0", "1", "9", "00", "255", "256"), { maxLength: 5 });
  const texts = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    groups.map((all) => all.join(":")),
    parts.map((all) => all.join(".")),
    fc.string({ unit: fc.constantFrom(..."019afx:.%[]/ ") }),
  ).filter((text) => !text.includes("%"));
  fc.assert(fc.property(texts, (text) => assertEquals(isIP(text), isIPOfNode(text), text)), {
    numRuns: 2_000,
  });
});
