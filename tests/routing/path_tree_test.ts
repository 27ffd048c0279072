import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { PathTree } from "../../lib/routing/path_tree.ts";

interface Entry {
  readonly kind: "exact" | "prefix";
  readonly path: string;
}

function treeOf(entries: readonly Entry[]): PathTree<Entry, undefined> {
  const tree = new PathTree<Entry, undefined>();
  for (const entry of entries) {
    if (entry.kind === "exact") tree.addExact(entry.path, entry);
    else tree.addPrefix(entry.path, entry);
  }
  return tree;
}

/** All items in the order in which they are asked. */
function asked(tree: PathTree<Entry, undefined>, path: string): string[] {
  const seen: string[] = [];
  tree.find(path, undefined, ({ kind, path }) => {
    seen.push(kind === "exact" ? path : `${path}*`);
    return false;
  });
  return seen;
}

/** The same by reading one entry after the other. */
function naive(entries: readonly Entry[], path: string): string[] {
  const exact = entries.filter((entry) => entry.kind === "exact" && entry.path === path);
  const prefixes = entries.filter((entry) =>
    entry.kind === "prefix" && (entry.path === "/" || `${path}/`.startsWith(`${entry.path}/`))
  ).sort((a, b) => b.path.length - a.path.length);
  return [...exact.map(({ path }) => path), ...prefixes.map(({ path }) => `${path}*`)];
}

const SEGMENT = fc.constantFrom("a", "b", "ab", "");
const PATH = fc.array(SEGMENT, { maxLength: 4 }).map((segments) => `/${segments.join("/")}`);
const ENTRY: fc.Arbitrary<Entry> = fc.oneof(
  PATH.map((path) => ({ kind: "exact" as const, path })),
  PATH.map((path) => ({ kind: "prefix" as const, path: path.replace(/\/+$/, "") || "/" })),
);

Deno.test("path tree: the exact path is asked first, then prefixes from the longest to the shortest", () => {
  fc.assert(
    fc.property(fc.array(ENTRY, { maxLength: 12 }), PATH, (entries, path) => {
      assertEquals(asked(treeOf(entries), path), naive(entries, path));
    }),
    { seed: 20261127, numRuns: 5000 },
  );
});

Deno.test("path tree: it is the same for any number of segments at one place", () => {
  const name = fc.constantFrom("", ..."abcdefghijklmnop", "aa", "ab", "abc");
  const path = fc.array(name, { minLength: 1, maxLength: 2 })
    .map((segments) => `/${segments.join("/")}`);
  const entry = path.map((path): Entry => ({ kind: "exact", path }));
  fc.assert(
    fc.property(fc.uniqueArray(entry, { maxLength: 40, selector: ({ path }) => path }), path, (
      entries,
      path,
    ) => {
      assertEquals(asked(treeOf(entries), path), naive(entries, path));
    }),
    { seed: 20261128, numRuns: 3000 },
  );
});

Deno.test("path tree: items of one path are asked in order, and the first that is accepted is found", () => {
  const tree = new PathTree<number, number>();
  for (const number of [3, 1, 2]) tree.addPrefix("/a", number);
  tree.sort((a, b) => a - b);
  const isAbove = (number: number, least: number) => number > least;
  assertEquals(tree.find("/a/b", 0, isAbove), 1);
  assertEquals(tree.find("/a/b", 1, isAbove), 2);
  assertEquals(tree.find("/b", 0, isAbove), undefined);
});

Deno.test("path tree: a path of thousands of segments is looked up as far as the tree goes", () => {
  const tree = treeOf([{ kind: "prefix", path: "/a" }]);
  assertEquals(asked(tree, "/a".repeat(100_000)), ["/a*"]);
});

Deno.test("path tree: the star of OPTIONS is below / alone", () => {
  const tree = treeOf([{ kind: "prefix", path: "/" }, { kind: "prefix", path: "/a" }]);
  assertEquals(asked(tree, "*"), ["/*"]);
});
