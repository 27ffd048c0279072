import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Match } from "../../lib/routing/conditions.ts";
import { explain, takenOf } from "../../lib/routing/explain.ts";
import { AMBIGUOUS, createRouter } from "../../lib/routing/router.ts";
import { loadConditionTools } from "../../lib/routing/tools.ts";
import { facts } from "../support/routing.ts";
import { naiveRoute } from "../support/naive_router.ts";

const TOOLS = await loadConditionTools([
  { client: ["10.0.0.1"], headers: { a: { matches: "b" } } },
]);

/** The place of the route that takes a request; undefined if none does. */
function placeOf(matches: readonly Match[], request: Parameters<typeof facts>[0]) {
  const routes = matches.map((match, place) => ({ match, place }));
  const found = createRouter(routes, TOOLS).find(facts(request));
  return found === AMBIGUOUS ? "ambiguous" : found?.place;
}

const optional = <Value>(value: fc.Arbitrary<Value>) =>
  fc.option(value, { nil: undefined, freq: 1 });

const HOSTS = ["a.test", "b.a.test", "c.b.a.test", "test", "x"];
const PATTERNS = ["a.test", "b.a.test", "*.a.test", "*.test", "*.b.a.test", "x"];
const SEGMENT = fc.constantFrom("a", "b", "ab", "");
const PATH = fc.array(SEGMENT, { maxLength: 3 }).map((segments) => `/${segments.join("/")}`)
  .map((path) => path.replace(/\/{2,}/g, "/"));
const VALUE = fc.oneof(
  fc.constantFrom("1", "2").map((equals) => ({ equals })),
  fc.boolean().map((present) => ({ present })),
  fc.constantFrom("^1$", "[12]", "3").map((matches) => ({ matches })),
);
const NAMES = fc.constantFrom("p", "q");

const MATCH: fc.Arbitrary<Match> = fc.record({
  host: optional(fc.uniqueArray(fc.constantFrom(...PATTERNS), { minLength: 1, maxLength: 2 })),
  where: fc.oneof(
    fc.constant({}),
    PATH.map((path) => ({ path })),
    PATH.map((path) => ({ pathPrefix: path.replace(/\/$/, "") || "/" })),
  ),
  methods: optional(fc.uniqueArray(fc.constantFrom("GET", "POST", "HEAD"), { minLength: 1 })),
  headers: optional(fc.dictionary(NAMES, VALUE, { maxKeys: 2 })),
  query: optional(fc.dictionary(NAMES, VALUE, { maxKeys: 2 })),
  listener: optional(fc.constantFrom(["one"], ["one", "two"])),
  client: optional(fc.constantFrom(["10.0.0.1"], ["10.0.0.1", "10.0.0.2"])),
}).map(({ where, ...match }) => ({ ...match, ...where }));

const REQUEST = fc.record({
  method: fc.constantFrom("GET", "HEAD", "POST"),
  host: fc.constantFrom(...HOSTS),
  path: PATH,
  query: fc.constantFrom("", "p=1", "q=2&p=1", "q"),
  listener: fc.constantFrom("one", "two"),
  client: fc.constantFrom("10.0.0.1", "10.0.0.2"),
  headers: fc.dictionary(NAMES, fc.constantFrom("1", "2", "3"), { maxKeys: 2 }),
});

Deno.test("router: it finds the route that the rules, read one by one, lead to", () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.array(MATCH, { maxLength: 8 }), REQUEST, (matches, request) => {
      const expected = naiveRoute(matches, request);
      const { query, ...rest } = request;
      const path = query === "" ? request.path : `${request.path}?${query}`;
      const found = placeOf(matches, { ...rest, path });
      assertEquals(found ?? -1, expected);
      if (expected > -1) taken++;
    }),
    { seed: 20261127, numRuns: 5000 },
  );
  assert(taken > 1000, `only ${taken} requests were taken`);
});

Deno.test("router: an explanation comes to the same route", () => {
  fc.assert(
    fc.property(fc.array(MATCH, { maxLength: 8 }), REQUEST, (matches, request) => {
      const routes = matches.map((match, place) => ({ match, place }));
      const { considered } = explain(routes, facts(request), TOOLS);
      assertEquals(takenOf(considered)?.place, placeOf(matches, request));
    }),
    { seed: 20261127, numRuns: 2000 },
  );
});

const USERS: Match = { pathPrefix: "/users" };

for (
  const [path, taken] of [
    ["/users", true],
    ["/users/", true],
    ["/users/7?a=/b", true],
    ["/users?x", true],
    ["/usersx", false],
    ["/user", false],
    ["/", false],
    ["/a/users", false],
    ["/%75sers/7", true], // an escape of an unreserved character
    ["/./users", true],
    ["/users/a/../7", true],
    ["/a/../b/users", false],
    ["/Users", false],
  ] as const
) {
  Deno.test(`router: ${path} ${taken ? "begins" : "does not begin"} with the segments of /users`, () => {
    assertEquals(placeOf([USERS], { path }), taken ? 0 : undefined);
  });
}

for (
  const [host, place] of [
    ["api.test", 0],
    ["API.test", 0],
    ["api.test:8080", 0],
    ["api.test.", 0],
    ["api.test.:80", 0],
    ["a.api.test", 1],
    ["b.a.api.test", 1],
    ["x.test", 2],
    ["test", 3],
    [".test", 3],
    ["[::1]:80", 4],
    ["[::1]", 4],
    ["", 3],
  ] as const
) {
  Deno.test(`router: the host ${JSON.stringify(host)} leads to route ${place}`, () => {
    const matches = [["api.test"], ["*.api.test"], ["*.test"], undefined, ["[::1]"]];
    assertEquals(placeOf(matches.map((host) => ({ host })), { host }), place);
  });
}

Deno.test("router: a route that takes all is found without looking at the request", () => {
  const route = { match: { pathPrefix: "/" } };
  assertEquals(createRouter([route], TOOLS).find(undefined as never), route);
});

Deno.test("router: an expression is not asked about values of more than 1 KiB", () => {
  const matches: Match[] = [{ headers: { a: { matches: "^x+$" } } }];
  assertEquals(placeOf(matches, { headers: { a: "x".repeat(1024) } }), 0);
  assertEquals(placeOf(matches, { headers: { a: "x".repeat(1025) } }), undefined);
});
