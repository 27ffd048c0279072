import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { RouteConfig } from "../../lib/config/model.ts";
import type { RuleContext } from "../../lib/config/rules/context.ts";
import type { Match } from "../../lib/routing/conditions.ts";
import { checkReachable } from "../../lib/routing/unreachable.ts";
import { naiveRoute } from "../support/naive_router.ts";
import { problemsOfText } from "../support/configuration_file.ts";

/** The places of the routes that are said to never match. */
async function unreachable(routes: string): Promise<(string | number | undefined)[]> {
  const { problems } = await problemsOfText(
    `{ "listeners": { "a": { "port": 1 }, "b": { "port": 2 } }, "pools": { "users": { "backends": ["http://a"] } }, "routes": [${routes}] }`,
  );
  return problems.filter(({ message }) => message.startsWith("can never match"))
    .map(({ path }) => path[1]);
}

const route = (match: string) => `{ "match": { ${match} }, "pool": "users" }`;

for (
  const [first, second, isCovered] of [
    ["", "", true],
    ["", '"path": "/a"', false], // a path comes before none
    ['"pathPrefix": "/a"', '"pathPrefix": "/a"', true],
    ['"pathPrefix": "/a"', '"pathPrefix": "/a/b"', false],
    ['"path": "/a"', '"path": "/a", "methods": ["GET"]', false],
    ['"path": "/a", "methods": ["GET"]', '"path": "/a", "methods": ["HEAD"]', true],
    ['"path": "/a", "methods": ["HEAD"]', '"path": "/a", "methods": ["GET"]', false],
    ['"host": "a.test"', '"host": "A.test."', true],
    ['"host": ["a.test", "b.test"]', '"host": "b.test"', true],
    ['"host": "b.test"', '"host": ["a.test", "b.test"]', false],
    ['"listener": ["a", "b"]', '"listener": "b"', true],
    ['"listener": "a"', '"listener": ["a", "b"]', false],
    ['"client": "10.0.0.0/8"', '"client": "10.1.0.0/16"', true],
    ['"client": "10.1.0.0/16"', '"client": "10.0.0.0/8"', false],
    ['"headers": { "X-A": "1" }', '"headers": { "x-a": "1" }', true],
    ['"headers": { "X-A": { "present": true } }', '"headers": { "X-A": "1" }', true],
    ['"headers": { "X-A": "1" }', '"headers": { "X-A": { "present": true } }', false],
    [
      '"headers": { "X-A": { "present": true } }',
      '"headers": { "X-A": { "present": false } }',
      false,
    ],
    ['"query": { "a": "1" }', '"query": { "A": "1" }', false],
  ] as const
) {
  Deno.test(`unreachable: behind {${first}} the route {${second}} ${isCovered ? "can never" : "can"} match`, async () => {
    assertEquals(await unreachable(`${route(first)}, ${route(second)}`), isCovered ? [1] : []);
  });
}

Deno.test("unreachable: several routes together may take all hosts of a route", async () => {
  const routes = [route('"host": "a.test"'), route('"host": "b.test"')];
  assertEquals(await unreachable([...routes, route('"host": ["a.test", "b.test"]')].join()), [2]);
  assertEquals(await unreachable([...routes, route('"host": ["a.test", "c.test"]')].join()), []);
});

/** Mostly nothing: otherwise hardly any match would cover another one. */
const rarely = <Value>(...values: Value[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, fc.constantFrom(...values));

const MATCH: fc.Arbitrary<Match> = fc.record({
  host: rarely(["a.test"], ["a.test", "b.a.test"], ["*.test"], ["*.a.test", "a.test"]),
  where: fc.constantFrom({}, { path: "/a" }, { pathPrefix: "/a" }, { pathPrefix: "/a/b" }),
  methods: rarely(["GET"], ["HEAD"], ["GET", "POST"]),
  headers: rarely({ p: { equals: "1" } }, { p: { present: true } }, { p: { present: false } }),
  query: rarely({ q: { equals: "1" } }, { q: { present: true } }),
  listener: rarely(["one"], ["one", "two"]),
  client: rarely(["10.0.0.1"], ["10.0.0.1", "10.0.0.2"]),
}).map(({ where, ...match }) => ({ ...match, ...where }));

const REQUEST = fc.record({
  method: fc.constantFrom("GET", "HEAD", "POST"),
  host: fc.constantFrom("a.test", "b.a.test", "c.b.a.test", "test"),
  path: fc.constantFrom("/", "/a", "/a/b", "/a/b/c", "/ab"),
  query: fc.constantFrom("", "q=1", "q=2"),
  listener: fc.constantFrom("one", "two"),
  client: fc.constantFrom("10.0.0.1", "10.0.0.2"),
  headers: fc.constantFrom({}, { p: "1" }, { p: "2" }),
});

Deno.test("unreachable: no request is taken by a route that is said to never match", () => {
  let found = 0;
  fc.assert(
    fc.property(
      fc.array(MATCH, { minLength: 2, maxLength: 8 }),
      fc.array(REQUEST, { minLength: 20, maxLength: 20 }),
      (matches, requests) => {
        const routes = matches.map((match) => ({ match })) as unknown as RouteConfig[];
        const place = { kind: "file", offset: 0, length: 0 } as const;
        const root = { kind: "object", place, entries: new Map() } as const;
        const problems = checkReachable({ routes, root, hasFile: true } as unknown as RuleContext);
        const dead = problems.map(({ path }) => path[1]);
        found += dead.length;
        for (const request of requests) {
          assert(
            !dead.includes(naiveRoute(matches, request)),
            JSON.stringify({ matches, request }),
          );
        }
      },
    ),
    { seed: 20261127, numRuns: 500 },
  );
  assert(found > 50, `${found} found`);
});
