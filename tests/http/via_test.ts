import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { hasPassed } from "../../lib/http/via.ts";

for (
  const [via, expected] of [
    ["1.1 edge-1", true],
    ["2 edge-1", true],
    ["HTTP/1.1 edge-1", true],
    ["1.0 a, 1.1 edge-1 (Roundabout/1), 2 b:443", true],
    ["1.0 a,1.1\t edge-1\t", true],
    ["1.0 a (not closed, 1.1 edge-1", true],
    [", ,1.1 edge-1,", true],
    ["", false],
    ["edge-1", false],
    ["1.1 edge-10", false],
    ["1.1 my-edge-1", false],
    ["1.1 EDGE-1", false],
    ["1.1 edge-1:80", false],
    ["1.1 other (edge-1)", false],
    ["1.1 other (for edge-1, or so)", false],
    ["1.1 other edge-1", false],
    ["edge-1 other", false],
  ] as const
) {
  Deno.test(`Via: "${via}" ${expected ? "names" : "does not name"} edge-1`, () => {
    assertEquals(hasPassed(via, "edge-1"), expected);
  });
}

Deno.test("Via: whatever a client sends, an item that was appended to it is found", () => {
  const anything = fc.string({ unit: fc.constantFrom(...'1. ,()\\"edg-\t') });
  fc.assert(fc.property(anything, anything, (before, after) => {
    assertEquals(hasPassed(`${before}, 1.1 edge-1`, "edge-1"), true);
    assertEquals(hasPassed(`${before}, 1.1 edge-1, 1.1 ${after}`, "edge-1"), true);
  }));
});
