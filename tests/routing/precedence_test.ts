import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Match } from "../../lib/routing/conditions.ts";
import { compare, compareConditions, type Ranked } from "../../lib/routing/precedence.ts";

const ranked = (match: Match, order = 0, host?: string): Ranked => ({ host, match, order });

/** Each wins over all that follow. */
const ORDER: readonly Ranked[] = [
  ranked({}, 9, "a.b.test"),
  ranked({ path: "/x/y/z" }, 9, "*.b.test"),
  ranked({ pathPrefix: "/x" }, 9, "*.test"),
  ranked({ path: "/x" }, 9),
  ranked({ pathPrefix: "/x/y" }, 9),
  ranked({ pathPrefix: "/x", methods: ["GET"] }, 9),
  ranked({ pathPrefix: "/x", headers: { a: { equals: "1" }, b: { equals: "1" } } }, 9),
  ranked({
    pathPrefix: "/x",
    headers: { a: { equals: "1" } },
    query: { a: { equals: "1" }, b: { equals: "1" } },
  }, 9),
  ranked({ pathPrefix: "/x", headers: { a: { equals: "1" } } }, 9),
  ranked({ pathPrefix: "/x", query: { a: { equals: "1" }, b: { equals: "1" } } }, 9),
  ranked({ pathPrefix: "/x", query: { a: { equals: "1" } }, client: ["10.0.0.0/8"] }, 9),
  ranked({ pathPrefix: "/x", query: { a: { equals: "1" } } }, 9),
  ranked({ pathPrefix: "/x", listener: ["http"] }, 9),
  ranked({ pathPrefix: "/x" }, 9),
  ranked({ pathPrefix: "/x" }, 10),
  ranked({ methods: ["GET"] }, 0),
  ranked({}, 0),
  ranked({ pathPrefix: "/" }, 1),
];

Deno.test("precedence: host, path, methods, headers, query, client or listener, then the order", () => {
  for (const [index, one] of ORDER.entries()) {
    for (const other of ORDER.slice(index + 1)) {
      const what = `${JSON.stringify(one)} before ${JSON.stringify(other)}`;
      assert(compare(one, other) < 0, what);
      assert(compare(other, one) > 0, what);
    }
  }
});

Deno.test("precedence: client and listener count as one", () => {
  const both = ranked({ client: ["10.0.0.1"], listener: ["http"] }, 1);
  assert(compareConditions(both, ranked({ client: ["10.0.0.1"] }, 0)) > 0);
});

Deno.test("precedence: any order of the routes is sorted in the same way", () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray([...ORDER.keys()], { minLength: ORDER.length }),
      (places) => {
        const sorted = places.map((place) => ORDER[place]!).sort(compare);
        assertEquals(sorted, ORDER);
      },
    ),
    { seed: 20261127, numRuns: 200 },
  );
});
