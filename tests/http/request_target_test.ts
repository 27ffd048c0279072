import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { explainUnforwardable, targetOf } from "../../lib/http/request_target.ts";

for (
  const [what, url, host, authority, path] of [
    ["origin-form", "http://a.test/v?x=1", "a.test", "a.test", "/v?x=1"],
    ["origin-form with a port", "http://a.test:81/", "a.test:81", "a.test:81", "/"],
    ["origin-form over TLS", "https://a.test/v", "a.test", "a.test", "/v"],
    ["two slashes first", "http://a.test//b.test/v", "a.test", "a.test", "//b.test/v"],
    ["a path with a URL", "http://a.test/http://b.test/", "a.test", "a.test", "/http://b.test/"],
    ["a host like a prefix of it", "http://a.test.evil/v", "a.test", "a.test.evil", "/v"],
    ["a host with the target's port", "http://a.test:81/v", "a.test", "a.test:81", "/v"],
    ["absolute-form, another authority", "http://b.test:81/v?x", "a.test", "b.test:81", "/v?x"],
    ["absolute-form, another case", "HTTP://b.test/v", "a.test", "b.test", "/v"],
    ["absolute-form over TLS", "https://b.test/v", "a.test", "b.test", "/v"],
    ["absolute-form without a path", "http://b.test", "a.test", "b.test", "/"],
    ["absolute-form with only a query", "http://b.test?x", "a.test", "b.test", "/?x"],
    ["the same with Host's own host", "http://a.test?x", "a.test", "a.test", "/?x"],
    ["a query with a slash", "http://b.test?x/y", "a.test", "b.test", "/?x/y"],
    ["a query with a URL", "http://b.test?http://c.test/", "a.test", "b.test", "/?http://c.test/"],
    ["only a fragment", "http://b.test#x", "a.test", "b.test", "/#x"],
    ["userinfo, which is not checked here", "http://u@b.test/v", "a.test", "u@b.test", "/v"],
    ["no authority, which is not checked here", "http:///v", "a.test", "", "/v"],
    ["HTTP/2, which has no Host", "http://a.test/v?x", undefined, "a.test", "/v?x"],
    ["HTTP/2 with a port and no path", "https://a.test:81", undefined, "a.test:81", "/"],
  ] as const
) {
  Deno.test(`target: ${what}: ${url} with Host ${host ?? "missing"}`, () => {
    assertEquals(targetOf(url, host), { authority, path });
  });
}

for (const url of ["ftp://b.test/v", "ws://b.test/v", "https+unix://b.test/v", "b.test:443", ""]) {
  Deno.test(`target: ${JSON.stringify(url)} is not an http URL`, () => {
    assertEquals([targetOf(url, "a.test"), targetOf(url, undefined)], [undefined, undefined]);
  });
}

Deno.test("target: any path and query is read from the URL unchanged", () => {
  const path = fc.string({ unit: "binary-ascii" }).map((text) => `/${text}`);
  fc.assert(fc.property(fc.webAuthority(), path, fc.boolean(), (authority, path, named) => {
    const host = named ? authority : undefined;
    fc.pre(!/[/?#]/.test(authority));
    assertEquals(targetOf(`http://${authority}${path}`, host), { authority, path });
  }));
});

const FORWARDABLE = [
  "/",
  "//",
  "//a//b/",
  "/a?",
  "/a??b=?",
  "/a;p=1;q='x'",
  "/.a",
  "/a.",
  "/...",
  "/.../..a/a../.a",
  "/a?/../b",
  "/a?x=/./&y=%2e%2e/",
  "/a?\\",
  "/%2F..%2F",
  "/..%2f",
  "/..;/a",
  "/%252e%252e/",
  "/%2e%2e%2e",
  "/%41%zz%",
  "/a:80",
  "/@b",
  "/é ü?é ü",
];

for (const path of FORWARDABLE) {
  Deno.test(`target: ${path} can be forwarded`, () => {
    assertEquals(explainUnforwardable(path), undefined);
    assertSurvives(path);
  });
}

for (
  const [path, why] of [
    ["/#", /fragment/],
    ["/a#b", /fragment/],
    ["/a?b#c", /fragment/],
    ["/a\\b", /backslash/],
    ["/\\", /backslash/],
    ["/.", /dot segments/],
    ["/..", /dot segments/],
    ["/./", /dot segments/],
    ["/a/../b", /dot segments/],
    ["/a/.", /dot segments/],
    ["/a/..?x", /dot segments/],
    ["/%2e", /dot segments/],
    ["/%2E%2e/a", /dot segments/],
    ["/.%2e", /dot segments/],
    ["/a/%2E./b", /dot segments/],
    ["/.../../a", /dot segments/],
    ["/?'", /apostrophe/],
    ["/a'?b='c'", /apostrophe/],
  ] as const
) {
  Deno.test(`target: ${path} cannot be forwarded, and fetch would change it`, () => {
    const reason = explainUnforwardable(path);
    assert(reason !== undefined && why.test(reason), reason);
    assert(carried(path) !== path);
  });
}

/** The path and query that fetch sends; it sends no fragment. */
function carried(path: string): string {
  const { href } = new URL(`http://h:1${path}`);
  return href.slice("http://h:1".length).split("#", 1)[0]!;
}

/** Decodes valid percent-encodings, and nothing else: `%zz` and `%` stay. */
function decoded(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const hex = String.fromCharCode(...bytes.subarray(at, at + 3));
    if (/^%[0-9a-f]{2}$/i.test(hex)) {
      out.push(parseInt(hex.slice(1), 16));
      at += 2;
    } else {
      out.push(bytes[at]!);
    }
  }
  return String.fromCharCode(...out);
}

/** Delimiters: none may appear, vanish or move, encoded or not. */
const delimiters = (text: string) =>
  text.replace(/%[0-9a-f]{2}/gi, "_").replace(/[^/?;'&=%#]/g, "");

function assertSurvives(path: string): void {
  const arrived = carried(path);
  assertEquals(decoded(arrived), decoded(path), path);
  assertEquals(delimiters(arrived), delimiters(path), path);
  // Percent-encodings stay as they were.
  const encoded = path.match(/%[0-9a-f]{2}/gi) ?? [];
  for (const triplet of encoded) assert(arrived.includes(triplet), `${triplet} of ${path}`);
  assertEquals(arrived.split("?")[0]!.split("/").length, path.split("?")[0]!.split("/").length);
}

/** Pieces that URL parsers change, and any character that may occur in a target. */
const PIECE = fc.oneof(
  fc.constantFrom("/", "//", ".", "..", "%2e", "%2E", "%", "%zz", "%2f", "%5C", "%3F", "%23"),
  fc.constantFrom("?", "??", ";", "'", "\\", "#", ":", "@", "&", "=", "+", "|", "^", "[", "]", "~"),
  fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  fc.integer({ min: 0xa1, max: 0xd7ff }).map((code) => String.fromCharCode(code)),
  fc.constantFrom("a", "😀"),
);
const PATH = fc.array(PIECE, { maxLength: 12 }).map((pieces) => `/${pieces.join("")}`);

Deno.test("target: a target that can be forwarded changes only by percent-encoding", () => {
  fc.assert(
    fc.property(PATH, (path) => {
      if (explainUnforwardable(path) === undefined) assertSurvives(path);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("target: a target that fetch would forward unchanged is never refused", () => {
  fc.assert(
    fc.property(PATH, (path) => {
      if (carried(path) === path) assertEquals(explainUnforwardable(path), undefined);
    }),
    { numRuns: 3000 },
  );
});
