import { assertEquals, assertNotEquals } from "@std/assert";
import type { Match } from "../../lib/routing/conditions.ts";
import { routeIdOf } from "../../lib/routing/route_id.ts";

for (
  const [match, id] of [
    [{}, "*"],
    [{ pathPrefix: "/" }, "*"],
    [{ path: "/" }, "/"],
    [{ pathPrefix: "/users" }, "/users*"],
    [{ host: ["b.test", "*.a.test"], pathPrefix: "/x" }, "*.a.test,b.test/x*"],
    [{ methods: ["POST", "GET"], host: ["a.test"] }, "GET,POST a.test*"],
    [
      { headers: { "X-B": { equals: "1" }, "X-A": { present: true } } },
      "* header:x-a=present header:x-b=1",
    ],
    [
      { query: { v: { matches: "^2" } }, client: ["10.0.0.0/8"] },
      "* query:v=/^2/ client=10.0.0.0/8",
    ],
    [{ listener: ["b", "a"] }, "* listener=a,b"],
  ] as readonly (readonly [Match, string])[]
) {
  Deno.test(`route id: ${JSON.stringify(match)} is called ${id}`, () => {
    assertEquals(routeIdOf({ match }), id);
  });
}

Deno.test("route id: a name stands for everything", () => {
  assertEquals(routeIdOf({ name: "api", match: { path: "/" } }), "api");
});

Deno.test("route id: matches that differ have ids that differ", () => {
  const header = (value: NonNullable<Match["headers"]>[string]): Match => ({
    headers: { a: value },
  });
  for (
    const [one, other] of [
      [header({ equals: "present" }), header({ present: true })],
      [header({ equals: "absent" }), header({ present: false })],
      [header({ equals: "/a/" }), header({ matches: "a" })],
      [header({ equals: "1 query:b=2" }), {
        ...header({ equals: "1" }),
        query: { b: { equals: "2" } },
      }],
      [header({ equals: '"' }), header({ equals: '\\"' })],
      [{ path: "/a*" }, { pathPrefix: "/a" }],
    ] as const
  ) {
    assertNotEquals(routeIdOf({ match: one }), routeIdOf({ match: other }));
  }
});
