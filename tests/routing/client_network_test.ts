import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { networkOf } from "../../lib/routing/client_network.ts";

for (
  const [address, network] of [
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:0DB8:0001:0002::9", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["::", "0:0:0:0"],
    ["fe80::1:2:3:4", "fe80:0:0:0"],
    ["2001:db8:1:2:3:4:192.0.2.1", "2001:db8:1:2"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0"],
    ["1:2:3::5:6:7:8", "1:2:3:0"],
    ["unknown", "unknown"],
    ["", ""],
  ] as const
) {
  Deno.test(`client network: ${JSON.stringify(address)} counts as ${JSON.stringify(network)}`, () => {
    assertEquals(networkOf(address), network);
  });
}

Deno.test("client network: all spellings of all addresses of a /64 count as one", () => {
  const group = fc.integer({ min: 0, max: 0xffff });
  const groups = fc.array(group, { minLength: 8, maxLength: 8 });
  const spell = (groups: readonly number[], isPadded: boolean) =>
    groups.map((group) => {
      const text = group.toString(16);
      return isPadded ? text.padStart(4, "0").toUpperCase() : text;
    }).join(":");
  fc.assert(
    fc.property(groups, groups, (one, other) => {
      const neighbour = [...one.slice(0, 4), ...other.slice(4)];
      const short = new URL(`http://[${spell(neighbour, false)}]`).hostname.slice(1, -1);
      const networks = [spell(one, false), spell(one, true), spell(neighbour, true), short]
        .map(networkOf);
      assertEquals(new Set(networks).size, 1, `${networks}`);
    }),
    { seed: 20261127, numRuns: 2000 },
  );
});
