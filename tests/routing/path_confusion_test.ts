/** Another spelling of a path must not lead around a route: it gets that route, or 400. */
import { assertEquals } from "@std/assert";
import type { Match } from "../../lib/routing/conditions.ts";
import { AMBIGUOUS, createRouter } from "../../lib/routing/router.ts";
import { loadConditionTools } from "../../lib/routing/tools.ts";
import { facts } from "../support/routing.ts";

const TOOLS = await loadConditionTools([]);
const ROUTES = [
  { name: "admin", match: { pathPrefix: "/admin" } },
  { name: "one", match: { path: "/secret/key" } },
  { name: "all", match: {} as Match },
];
const ROUTER = createRouter(ROUTES, TOOLS);

function routeOf(path: string): string | undefined {
  const found = ROUTER.find(facts({ path }));
  return found === AMBIGUOUS ? "400" : found?.name;
}

/** Spellings that some server reads as a path below `/admin`, and what they get. */
const SPELLINGS: readonly (readonly [path: string, gets: "admin" | "400"])[] = [
  ["/admin", "admin"],
  ["/%61dmin", "admin"],
  ["/%61%64%6D%69%6e/users", "admin"],
  ["/x/../admin", "400"], // some servers do not resolve dot segments
  ["/x/%2e%2e/admin", "400"],
  ["/x/%2E./admin", "400"],
  ["/admin/../x", "400"],
  ["/admin/%2e%2e", "400"],
  ["/./admin", "admin"],
  ["/%2e/admin", "admin"],
  ["/../admin", "400"],
  ["/admin/../admin/x", "admin"],
  ["//admin", "400"],
  ["///admin/x", "400"],
  ["/x//../admin", "400"], // lenient: /admin; strict: /x/admin
  ["/\\admin", "400"],
  ["\\admin".replace("\\", "/\\"), "400"],
  ["/x/..\\admin", "400"],
  ["/x\\..\\admin", "400"],
  ["/x/..%2fadmin", "400"],
  ["/x%2f..%2fadmin", "400"],
  ["/%2fadmin", "400"],
  ["/%2Fadmin", "400"],
  ["/%5cadmin", "400"],
  ["/x%5c..%5cadmin", "400"],
  ["/;/admin", "400"],
  ["/x/..;/admin", "400"],
  ["/x/..;a=b/admin", "400"],
  ["/admin;x", "400"],
  ["/admin;x=1/users", "400"],
  ["/;a/..;b/admin", "400"],
  ["/%3b/admin", "400"],
  ["/x/..%3b/admin", "400"],
  ["/%252fadmin", "400"],
  ["/%25252fadmin", "400"],
  ["/x/%252e%252e/admin", "400"],
  ["/x/..%252fadmin", "400"],
  ["/%2561dmin", "400"],
  ["/%c0%afadmin", "400"],
  ["/x/%c0%ae%c0%ae/admin", "400"],
  ["/%e0%80%afadmin", "400"],
  ["/x/..%u002fadmin", "400"],
  ["/%u0061dmin", "400"],
];

for (const [path, gets] of SPELLINGS) {
  Deno.test(`path confusion: ${path} gets ${gets}`, () => assertEquals(routeOf(path), gets));
}

for (
  const path of [
    "/secret//key",
    "/secret/./key;a",
    "/secret%2fkey",
    "/secret/key;jsessionid=1",
    "/secret/%6bey%3b",
  ]
) {
  Deno.test(`path confusion: ${path} does not lead around an exact path`, () => {
    assertEquals(routeOf(path), "400");
  });
}

for (
  const path of [
    "/",
    "/a;b",
    "/a//b",
    "/a%2fb",
    "/a%20b/%C3%A9",
    "/files/report%25.txt",
    "/a\\b",
    "/x?y=/admin/../admin",
    "/administrator",
    "/x;/admin".replace(";/admin", ";admin"),
    "/a/../b",
  ]
) {
  Deno.test(`path confusion: ${path} is unusual, and goes to the route that it always goes to`, () => {
    assertEquals(routeOf(path), "all");
  });
}

Deno.test("path confusion: with routes that ask for no path, no path is refused", () => {
  const router = createRouter([{ match: { host: ["a.test"] } }, { match: {} as Match }], TOOLS);
  assertEquals(router.find(facts({ path: "//admin/%2f..;x" })) === AMBIGUOUS, false);
});
