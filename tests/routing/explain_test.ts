import { assertEquals } from "@std/assert";
import type { Match } from "../../lib/routing/conditions.ts";
import { explain } from "../../lib/routing/explain.ts";
import { loadConditionTools } from "../../lib/routing/tools.ts";
import { facts, type WrittenRequest } from "../support/routing.ts";

/** Why each match was not taken, in the order of precedence. */
async function reasons(matches: readonly Match[], request: WrittenRequest) {
  const routes = matches.map((match, place) => ({ match, place }));
  const { considered } = explain(routes, facts(request), await loadConditionTools(matches));
  return considered.map(({ route, reason }) => [route.place, reason]);
}

for (
  const [match, request, reason] of [
    [{ host: ["b.test"] }, {}, "is for the host a.test, not b.test"],
    [
      { host: ["b.test", "*.b.test"] },
      { host: "A.test.:80" },
      "is for the host a.test, not b.test or *.b.test",
    ],
    [{ path: "/b" }, { path: "/b/?c" }, "has the path /b/, not /b"],
    [{ pathPrefix: "/b" }, { path: "/bc" }, "has the path /bc, which does not begin with /b"],
    [{ listener: ["https"] }, {}, "came in at the listener http, not at https"],
    [{ methods: ["POST", "PUT"] }, {}, "has the method GET, not POST or PUT"],
    [{ client: ["10.0.0.0/8"] }, {}, "comes from 192.0.2.1, not from 10.0.0.0/8"],
    [{ headers: { "X-A": { equals: "1" } } }, {}, "has no header X-A"],
    [
      { headers: { "X-A": { equals: "1" } } },
      { headers: { "x-a": "2" } },
      "has another value of the header X-A",
    ],
    [{ headers: { "X-A": { present: false } } }, { headers: { "x-a": "2" } }, "has the header X-A"],
    [{ query: { b: { present: true } } }, { path: "/?a" }, "has no query parameter b"],
    [
      { query: { b: { matches: "^1$" } } },
      { path: "/?b=11" },
      "has a query parameter b that does not match",
    ],
  ] as readonly (readonly [Match, WrittenRequest, string])[]
) {
  Deno.test(`explain: a route is not taken, as the request ${reason}`, async () => {
    assertEquals(await reasons([match], request), [[0, reason]]);
  });
}

Deno.test("explain: a route with several hosts has one line, by the host that the request is for", async () => {
  const matches: Match[] = [
    { host: ["*.test", "a.test", "b.test"], methods: ["POST"] },
    { host: ["*.test"] },
  ];
  assertEquals(await reasons(matches, { host: "a.test" }), [
    [0, "has the method GET, not POST"],
    [1, undefined],
  ]);
});

Deno.test("explain: what comes behind the route that is taken is not told", async () => {
  assertEquals(await reasons([{}, { path: "/" }, {}], {}), [[1, undefined]]);
});
