import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { normalizePath } from "../../lib/http/normal_path.ts";

const PROPERTY = { seed: 20261127, numRuns: 10_000 };

const PIECES = [
  ...["/", "/", "/", "a", "bc", ".", "..", "%2e", "%2E", "%41", "%7e", "%2f", "%c3%a9", "%", "%zz"],
  ...[";x", "\\", " ", "é", "%25", "-", "+"],
];
const PATH = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 })
  .map((pieces) => `/${pieces.join("")}`);

/** Names that mean the same to everyone, and plain dot segments. */
const PLAIN_PATH = fc.array(fc.constantFrom("a", "bc", "d.e", ".f", "..g", ".", "..", ""), {
  minLength: 1,
  maxLength: 8,
}).map((segments) => `/${segments.join("/")}`);

for (
  const [path, normal] of [
    ["/", "/"],
    ["/a/b", "/a/b"],
    ["/%61", "/a"],
    ["/%7Euser/%2D", "/~user/-"],
    ["/%c3%a9", "/%C3%A9"],
    ["/a%2fb", "/a%2Fb"],
    ["/a%20b", "/a%20b"],
    ["/%", "/%"],
    ["/%zz%4", "/%zz%4"],
    ["/a/./b", "/a/b"],
    ["/a/../b", "/b"],
    ["/a/%2e%2E/b", "/b"],
    ["/../..", "/"],
    ["/a/..", "/"],
    ["/a/.", "/a/"],
    ["/a//../b", "/a/b"],
    ["/.well-known/..x", "/.well-known/..x"],
    ["/A/b", "/A/b"], // letters keep their case
    ["/%2561", "/%2561"], // decoded once only
    ["/%%32f/%2%66", "/%%32f/%2%66"], // no escape comes of what was none
    ["/a;b=c\\d", "/a;b=c\\d"],
  ] as const
) {
  Deno.test(`normal path: ${path} is ${normal}`, () => assertEquals(normalizePath(path), normal));
}

Deno.test("normal path: what is normalised stays as it is", () => {
  fc.assert(
    fc.property(PATH, (path) => {
      const normal = normalizePath(path);
      assertEquals(normalizePath(normal), normal);
    }),
    PROPERTY,
  );
});

Deno.test("normal path: it begins with a slash, has no dot segments, and is never longer", () => {
  fc.assert(
    fc.property(PATH, (path) => {
      const normal = normalizePath(path);
      assert(normal.startsWith("/"), normal);
      assert(!/\/\.{1,2}(?:\/|$)/.test(normal), normal);
      assert(normal.length <= path.length, normal);
    }),
    PROPERTY,
  );
});

Deno.test("normal path: plain dot segments are resolved as new URL() does", () => {
  fc.assert(
    fc.property(PLAIN_PATH, (path) => {
      assertEquals(normalizePath(path), new URL(`http://a.test${path}`).pathname);
    }),
    PROPERTY,
  );
});
