import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { normalizePath } from "../../lib/http/normal_path.ts";
import { rewritePath } from "../../lib/routing/rewrite_path.ts";

for (
  const [path, prefix, replacement, expected] of [
    ["/api/x", "/api", "/", "/x"],
    ["/api", "/api", "/", "/"],
    ["/api/", "/api", "/", "/"],
    ["/api//x", "/api", "/", "/x"],
    ["/api?q", "/api", "/", "/?q"],
    ["/api/x", "/api", "/v2", "/v2/x"],
    ["/api", "/api", "/v2", "/v2"],
    ["/api/", "/api", "/v2", "/v2/"],
    ["/api//x?a/../b", "/api", "/v2", "/v2/x?a/../b"],
    ["/x", "/", "/v2", "/v2/x"],
    ["/", "/", "/v2", "/v2/"],
    ["//x", "/", "/", "/x"],
    ["/%61pi/%7e%2f", "/api", "/", "/~%2F"],
    ["/api/a/../../api/b", "/api", "/", "/b"],
  ] as const
) {
  Deno.test(`rewrite path: ${path} with ${replacement} in place of ${prefix} is ${expected}`, () => {
    assertEquals(rewritePath(path, prefix, replacement), expected);
  });
}

const PIECE = fc.constantFrom(
  "/",
  "/",
  "//",
  "a",
  "api",
  "..",
  ".",
  "%2f",
  "%2e",
  "%61",
  "\\",
  "@b",
  ":",
);
const REST = fc.array(PIECE, { maxLength: 8 }).map((pieces) => pieces.join(""));
const QUERY = fc.constantFrom("", "?", "?a=/../b", "?//x?%2f");

for (const replacement of ["/", "/v2", "/v2/deep"]) {
  Deno.test(`rewrite path: with ${replacement} the result begins with exactly one slash, and the query stays`, () => {
    let tried = 0;
    fc.assert(
      fc.property(REST, QUERY, (rest, query) => {
        const received = `/api/${rest}`;
        if (!/^\/api(?:\/|$)/.test(normalizePath(received))) return; // another route's
        tried++;
        const result = rewritePath(received + query, "/api", replacement);
        assert(/^\/(?!\/)/.test(result), result);
        assert(result.endsWith(query), result);
        const path = result.slice(0, result.length - query.length);
        if (replacement !== "/") {
          assert(path === replacement || path.startsWith(`${replacement}/`), path);
        }
        assertEquals(normalizePath(path), path, "no dot segment is left");
      }),
      { seed: 20261127, numRuns: 3000 },
    );
    assert(tried > 1000, `${tried}`);
  });
}
