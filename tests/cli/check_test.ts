/** `roundabout check` with a configuration file. */
import { assertEquals, assertMatch } from "@std/assert";
import { run } from "../support/started.ts";

/** Runs check with a file. @param routes and tests as the file writes them */
async function check(routes: string, tests = "[]") {
  const cwd = await Deno.makeTempDir();
  const pools = `{ "a": { "backends": ["http://a:80"] }, "b": { "backends": ["http://b:80"] } }`;
  await Deno.writeTextFile(
    `${cwd}/r.jsonc`,
    `{\n  "pools": ${pools},\n  "routes": ${routes},\n  "tests": ${tests}\n}\n`,
  );
  const result = await run(["check", "--config", "r.jsonc"], { cwd });
  await Deno.remove(cwd, { recursive: true });
  return result;
}

Deno.test("check: a file whose tests fail is not called right, and the failure says why each route was passed over", async () => {
  const { status, stdout, stderr } = await check(
    `[{ "name": "api", "match": { "host": "api.test" }, "pool": "a" }, { "name": "rest", "pool": "b" }]`,
    `[{ "request": "GET http://www.test/", "expect": { "pool": "a" } }]`,
  );
  assertEquals([status, stdout], [2, ""]);
  assertMatch(stderr, /the test "GET http:\/\/www\.test\/" failed:\n {2}pool must be a: found b\n/);
  assertMatch(stderr, /api: the request is for the host www\.test, not api\.test\n.*rest: taken/);
});

Deno.test("check: a route that can never match is an error that names those that take its requests", async () => {
  const { status, stderr } = await check(
    `[{ "name": "all", "pool": "a" }, { "name": "lost", "pool": "b" }]`,
  );
  assertEquals(status, 2);
  assertMatch(stderr, /routes\[1\] can never match: routes\[0\] \(all\) takes all of its requests/);
});

Deno.test("check: a regular expression that is none is an error with its place, also if no test asks for it", async () => {
  const { status, stderr } = await check(
    `[{ "match": { "headers": { "X-Beta": { "matches": "(" } } }, "pool": "a" }, { "pool": "b" }]`,
  );
  assertEquals(status, 2);
  assertMatch(
    stderr,
    /r\.jsonc:3:\d+: error: routes\[0\]\.match\.headers\.X-Beta\.matches must be a regular expression/,
  );
});

Deno.test("check: a warning about a file is one line of the log, with its place", async () => {
  const { status, stderr } = await check(`[{ "pool": "a" }]`);
  assertEquals(status, 0);
  assertMatch(stderr, /^\S+ warn r\.jsonc:2:\d+: pools\.b is used by no route\n$/);
});
