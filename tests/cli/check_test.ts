/** `roundabout check` as a process: what it prints, and its exit status. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EXAMPLE } from "../support/example_configuration.ts";
import { run } from "../support/started.ts";

const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** Runs `check` with a file of this text. */
async function check(text: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  await Deno.writeTextFile(`${folder}/edge.jsonc`, text);
  return await run(["check", "--config", "edge.jsonc", ...args], { cwd: folder, env });
}

const ROUTES = `{
  "pools": { "users": { "backends": ["http://a"] }, "next": { "backends": ["http://b"] } },
  "listeners": { "web": { "port": 8080 }, "internal": { "port": 8081 } },
  "routes": [
    { "name": "api", "match": { "listener": "internal", "client": "10.0.0.0/8", "headers": { "X-Beta": { "matches": "^[12]$" } } }, "pool": "next" },
    { "name": "rest", "pool": "users" }
  ],
  "tests": [TESTS]
}`;

Deno.test("check: a file that is right is said to be so, and the exit status is 0", async () => {
  assertEquals(await check(EXAMPLE), {
    status: 0,
    stdout: "edge.jsonc is valid: 2 listeners, 3 pools, 5 routes, 1 test passed\n",
    stderr: "",
  });
});

Deno.test("check: all that is wrong is printed at once, and the exit status is 2", async () => {
  const { status, stdout, stderr } = await check(
    '{\n  "engin": "web",\n  "workers": 0,\n  "pools": { "users": { "backends": ["http://a"] } }\n}\n',
  );
  assertEquals([status, stdout], [2, ""]);
  assertEquals(
    stderr,
    `Cannot start as the configuration has 2 problems:

edge.jsonc:2:3: error: engin is no setting, did you mean engine?
  2 |   "engin": "web",
    |   ^^^^^^^

edge.jsonc:3:14: error: workers must be 1 to 256, or auto: found 0
  3 |   "workers": 0,
    |              ^
`,
  );
});

Deno.test("check: the rules of routing are checked: expressions, and routes that never match", async () => {
  const { status, stderr } = await check(`{
    "pools": { "users": { "backends": ["http://a"] } },
    "routes": [{ "pool": "users" }, { "pool": "users" }, { "match": { "query": { "a": { "matches": "(" } } }, "pool": "users" }]
  }`);
  assertEquals(status, 2);
  assertStringIncludes(
    stderr,
    "routes[1] can never match: routes[0] (*) takes all of its requests",
  );
  assertStringIncludes(stderr, "routes[2].match.query.a.matches must be a regular expression");
});

Deno.test("check: --print prints the settings with their origins, and no secret", async () => {
  const { status, stdout } = await check(EXAMPLE, ["--print"], { MAX_IN_FLIGHT: "7" });
  assertEquals(status, 0);
  assertStringIncludes(stdout, '"engine": "tcp", // edge.jsonc:4\n');
  assertStringIncludes(stdout, '"inFlight": 7, // MAX_IN_FLIGHT\n');
  assertStringIncludes(stdout, '"watch": true, // default\n');
  assertStringIncludes(stdout, '"secret": "***"');
  assert(!stdout.includes("is valid"));
});

Deno.test("check: a test that fails shows what was expected, and why each route was not taken", async () => {
  const text = ROUTES.replace(
    "TESTS",
    '\n    { "request": "GET http://a/", "expect": { "route": "rest" } },\n    { "request": "GET http://a/", "expect": { "pool": "next", "status": 301 } }\n  ',
  );
  const { status, stdout, stderr } = await check(text);
  assertEquals([status, stdout], [2, ""]);
  assertEquals(
    stderr,
    `Cannot accept the configuration as a test fails:

edge.jsonc:10:55: error: tests[1].expect.pool must be "next": found "users"
  10 |     { "request": "GET http://a/", "expect": { "pool": "next", "status": 301 } }
     |                                                       ^^^^^^
edge.jsonc:10:73: error: tests[1].expect.status must be 301: found none
  10 |     { "request": "GET http://a/", "expect": { "pool": "next", "status": 301 } }
     |                                                                         ^^^
  api: the request came in at the listener web, not at internal
  rest: taken
`,
  );
});

Deno.test("check: --request says where a request goes, with its client, listener and headers", async () => {
  const text = ROUTES.replace("TESTS", "");
  const plain = await check(text, ["--request", "GET http://a/x?y=1"]);
  assertEquals(plain, {
    status: 0,
    stdout: `api: the request came in at the listener web, not at internal
rest: taken

route: rest
pool: users
path at the backend: /x
`,
    stderr: "",
  });
  const { stdout } = await check(text, [
    ...["--request", "http://a/x", "--listener", "internal", "--client", "10.1.2.3"],
    ...["--header", "X-Beta: 2", "--header", "X-Other: a"],
  ]);
  assertEquals(stdout, "api: taken\n\nroute: api\npool: next\npath at the backend: /x\n");
  const other = await check(text, [
    ...["--request", "http://a/x", "--listener", "internal", "--client", "10.1.2.3"],
    ...["--header", "X-Beta: 3"],
  ]);
  assertStringIncludes(
    other.stdout,
    "api: the request has a header X-Beta that does not match",
  );
});

Deno.test("check: what is wrong with the request is told of at once, and the exit status is 2", async () => {
  const text = ROUTES.replace("TESTS", "");
  const args = ["--request", "GET /", "--listener", "intern", "--client", "me", "--header", "x"];
  assertEquals(await check(text, args), {
    status: 2,
    stdout: "",
    stderr: `Cannot try the request as it has 4 problems:
  --request must be a method and a URL such as "GET https://api.example.com/users/7": current value is "GET /"
  --client must be an IP address: current value is "me"
  --listener must be one of the listeners: web, internal: current value is "intern", did you mean internal?
  --header must be a name and a value such as "X-Beta: 1": current value is "x"
`,
  });
  assertEquals(await check(text, ["--client", "10.0.0.1"]), {
    status: 2,
    stdout: "",
    stderr: "Cannot try the request as --client has no effect without --request\n",
  });
});

Deno.test("check: a missing file is told of by the flag that names it", async () => {
  const { status, stderr } = await run(["check", "--config", "none.jsonc"], { cwd: folder });
  assertEquals([status, stderr], [
    2,
    'Cannot start as --config must name a readable file: current value is "none.jsonc": no such file or directory\n',
  ]);
});

Deno.test("check: warnings are logged, and are no failure", async () => {
  const { status, stderr } = await check(
    '{ "pools": { "users": { "backends": ["http://a"] }, "spare": { "backends": ["http://b"] } }, "routes": [{ "pool": "users" }] }',
    [],
    { STICKY_COOKIE: "lb" },
  );
  assertEquals(status, 0);
  assertStringIncludes(stderr, "pools.spare is used by no route");
  assertStringIncludes(stderr, "STICKY_COOKIE is not used, as the configuration file has pools");
});

Deno.test("check: --schema prints the JSON Schema without any configuration", async () => {
  const { status, stdout } = await run(["check", "--schema"], { cwd: folder });
  assertEquals(status, 0);
  assertEquals(
    stdout,
    await Deno.readTextFile(new URL("../../roundabout.schema.json", import.meta.url)),
  );
});
