import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { HostTable } from "../../lib/routing/host_table.ts";

/** The patterns that a host leads to, in order. */
function visited(patterns: readonly (string | undefined)[], host: string): string[] {
  const table = new HostTable<{ pattern: string }>();
  for (const pattern of patterns) table.at(pattern, () => ({ pattern: pattern ?? "any" }));
  return table.valuesFor(host).map(({ pattern }) => pattern);
}

const PATTERNS = ["a.b.test", "*.b.test", "*.test", "*.a.b.test", "b.test", undefined];

for (
  const [host, expected] of [
    ["a.b.test", ["a.b.test", "*.b.test", "*.test", "any"]],
    ["x.a.b.test", ["*.a.b.test", "*.b.test", "*.test", "any"]],
    ["b.test", ["b.test", "*.test", "any"]],
    ["test", ["any"]],
    ["", ["any"]],
    [".test", ["any"]],
    ["xb.test", ["*.test", "any"]],
    ["[::1]", ["any"]],
  ] as const
) {
  Deno.test(`host table: ${JSON.stringify(host)} leads to ${expected.join(", then ")}`, () => {
    assertEquals(visited(PATTERNS, host), [...expected]);
  });
}

Deno.test("host table: a pattern has one value, however often it is asked for", () => {
  const table = new HostTable<object>();
  for (const pattern of ["a.test", "*.test", undefined]) {
    const value = table.at(pattern, () => ({}));
    assertEquals(table.at(pattern, () => ({})) === value, true);
  }
  assertEquals([...table.values()].length, 3);
});

Deno.test("host table: it asks for hosts as soon as one pattern does", () => {
  const table = new HostTable<number>();
  assertEquals(table.asksForHosts, false);
  table.at(undefined, () => 1);
  assertEquals(table.asksForHosts, false);
  table.at("*.test", () => 1);
  assertEquals(table.asksForHosts, true);
});

Deno.test("host table: wildcards come from the longest to the shortest", () => {
  const label = fc.constantFrom("a", "b", "c");
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 8 }), name, (suffixes, host) => {
      const expected = suffixes.filter((suffix) => host.endsWith(`.${suffix}`))
        .sort((a, b) => b.length - a.length).map((suffix) => `*.${suffix}`);
      assertEquals(visited(suffixes.map((suffix) => `*.${suffix}`), host), expected);
    }),
    { seed: 20261127, numRuns: 2000 },
  );
});
