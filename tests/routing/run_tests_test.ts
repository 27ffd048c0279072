import { assertEquals } from "@std/assert";
import { formatConsidered, runTests } from "../../lib/routing/run_tests.ts";
import { loadConditionTools } from "../../lib/routing/tools.ts";
import { configurationOf } from "../support/configuration_file.ts";

/** What differs for a test with this expectation, and how the routes were considered. */
async function differences(expect: string, request = "GET http://a/users/7", others = "") {
  const configuration = await configurationOf(`{
    "pools": { "users": { "backends": ["http://a"] }, "next": { "backends": ["http://b"] } },
    "listeners": { "http": { "port": 80 }, "other": { "port": 81 } },
    "routes": [
      { "name": "api", "match": { "pathPrefix": "/users", "listener": "http" }, "stripPrefix": true, "split": { "users": 1, "next": 1 }, "requestHeaders": { "set": { "X-A": "1" } } },
      { "name": "old", "match": { "path": "/old" }, "redirect": { "host": "b.test" } }
    ],
    "tests": [{ "request": "${request}", "expect": ${expect} ${others} }]
  }`);
  const tools = await loadConditionTools(configuration.routes.map(({ match }) => match));
  const [result] = runTests(configuration, tools);
  return {
    lines: result!.differences.map(({ path, expected, found }) =>
      `${path.join(".")}: ${expected}, found ${found}`
    ),
    considered: formatConsidered(result!.answer!),
  };
}

Deno.test("run tests: one that gets all that it expects passes", async () => {
  const { lines, considered } = await differences(
    '{ "route": "api", "pool": "users", "path": "/7", "headers": { "x-a": "1", "X-Forwarded-Prefix": "/users" } }',
  );
  assertEquals(lines, []);
  assertEquals(considered, ["old: the request has the path /users/7, not /old", "api: taken"]);
});

Deno.test("run tests: either pool of a split is right", async () => {
  assertEquals((await differences('{ "pool": "next" }')).lines, []);
});

Deno.test("run tests: everything that differs is told, with what was found", async () => {
  const { lines } = await differences(
    '{ "route": "old", "pool": "other", "path": "/users/7", "status": 301, "location": "http://b", "headers": { "X-A": "2", "X-B": "1" } }',
  );
  assertEquals(lines, [
    "expect.route: old, found api",
    "expect.pool: other, found users or next",
    "expect.path: /users/7, found /7",
    "expect.status: 301, found undefined",
    "expect.location: http://b, found undefined",
    "expect.headers.X-A: 2, found 1",
    "expect.headers.X-B: 1, found undefined",
  ]);
});

Deno.test("run tests: a redirect has a status and a Location", async () => {
  const expect = '{ "status": 302, "location": "http://b.test/old?a" }';
  assertEquals((await differences(expect, "http://a/old?a")).lines, []);
});

Deno.test("run tests: the listener of a test counts, and why each route was not taken is told", async () => {
  const { lines, considered } = await differences(
    '{ "status": 404 }',
    "GET http://a/users",
    ', "listener": "other"',
  );
  assertEquals(lines, []);
  assertEquals(considered, [
    "old: the request has the path /users, not /old",
    "api: the request came in at the listener other, not at http",
    "no route takes it",
  ]);
});
