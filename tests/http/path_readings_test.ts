import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { normalizePath } from "../../lib/http/normal_path.ts";
import { isAmbiguous, readingsOf } from "../../lib/http/path_readings.ts";
import { readings } from "../support/lenient_servers.ts";

const PROPERTY = { seed: 20261127, numRuns: 20_000 };

/** What confusing paths are made of. */
const PIECES = [
  ...["/", "/", "//", "admin", "admin", "x", "..", ".", "...", "2f", "2e", "a;b", ";", "#"],
  ...["%2e", "%2f", "%5c", "\\", "%3b", "%00", "%3f", "%23", "%25", "%20", "%09", "%61", ":$i"],
  ...["%c0%af", "%c0%ae"],
];
const CONFUSING = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 9 })
  .map((pieces) => `/${pieces.join("").replace(/^\//, "")}`);

const isBelowAdmin = (path: string) => /^\/admin(?:\/|$)/.test(path);

/** Whether a router that has a route for `/admin` would let the path by as another one. */
function passes(path: string): boolean {
  if (isBelowAdmin(normalizePath(path))) return false;
  return !isAmbiguous(path) || readingsOf(path)?.some(isBelowAdmin) === false;
}

Deno.test("path readings: what some server reads as below /admin, in any order of its steps, does not pass", () => {
  let dangerous = 0;
  fc.assert(
    fc.property(CONFUSING, (path) => {
      if (![...readings(path)].some(isBelowAdmin)) return;
      dangerous++;
      assert(!passes(path), path);
    }),
    PROPERTY,
  );
  assert(dangerous > 1_000, `only ${dangerous} paths were dangerous`);
});

Deno.test("path readings: they are paths as they are matched, and begin with one slash", () => {
  fc.assert(
    fc.property(CONFUSING, (path) => {
      for (const reading of readingsOf(path) ?? []) {
        assert(reading.startsWith("/"), path);
        if (!/\/\.\.(?:\/|$)/.test(reading)) assertEquals(normalizePath(reading), reading, path);
      }
    }),
    PROPERTY,
  );
});

for (
  const [path, expected] of [
    ["/a%2fb", ["/a%2Fb", "/a/b"]],
    ["/a\\b", ["/a/b"]],
    ["/a//b", ["/a/b"]],
    ["/a;x/b", ["/a/b", "/a"]],
    ["/a%20b", ["/a%20b"]],
    ["/a%3Fb", ["/a%3Fb", "/a?b", "/a"]],
    ["/a./b", ["/a/b"]],
    ["//host/a", ["/host/a", "/a"]],
    ["/a/../b", ["/a/../b", "/b"]],
    ["/a/./b", ["/a/b"]],
    ["/caf%C3%A9/", ["/caf%C3%A9/"]],
    ["/%EF%BC%8Fa", ["/%EF%BC%8Fa", "/a"]],
  ] as const
) {
  Deno.test(`path readings: ${path} is read as ${expected.join(" and ")}`, () => {
    assertEquals(readingsOf(path), expected);
  });
}

for (
  const path of [
    "/a/..%2fb",
    "/a/..;/b",
    "/a/..\\b",
    "/a//../b",
    "/a;b/../c",
    "/a/.../b",
    "/a/..%20/b",
    "/a/%252e%252e/b",
    "/a/%c0%ae%c0%ae/b",
    "/a%00b",
    `/${"%61".repeat(2_000)}`,
  ]
) {
  Deno.test(`path readings: servers disagree where ${path.slice(0, 30)} leads`, () => {
    assertEquals(readingsOf(path), undefined);
  });
}

for (
  const path of [
    "/",
    "/a/b.c",
    "/a%20b",
    "/users:batchGet",
    "/caf%E9%2B",
    "/a_b~c-d",
    "/@a/!$&'()*+,=",
  ]
) {
  Deno.test(`path readings: ${path} is read in one way`, () => assert(!isAmbiguous(path)));
}

Deno.test("path readings: a hostile path of the longest kind is read in a few milliseconds", () => {
  for (const piece of ["%20;\\%61:$%c0%af%3f", "%20", ":", ". ", "%25", "%2525252f", ";/", "\\"]) {
    const path = `/${piece.repeat(Math.floor(2_000 / piece.length))}x`;
    const times = Array.from({ length: 20 }, () => {
      const startedAt = performance.now();
      readingsOf(path);
      return performance.now() - startedAt;
    });
    const quickest = Math.min(...times); // the machine may have been busy with others
    assert(quickest < 50, `${piece}: ${quickest} ms`);
  }
});
