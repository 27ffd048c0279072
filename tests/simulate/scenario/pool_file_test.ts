import { assertEquals, assertMatch } from "@std/assert";
import { readPoolFile } from "../../../lib/simulate/scenario/pool_file.ts";
import { readScenario } from "../../../lib/simulate/scenario/read_scenario.ts";

const FILE = `{
  // two pools
  "limits": { "inFlight": 50 },
  "defaults": { "ejection": { "after": 3, "on5xx": true }, "timeouts": { "connect": "1s" } },
  "pools": {
    "users": {
      "backends": ["http://u1:81", { "url": "https://u2/base", "weight": 2 }],
      "policy": "p2c",
      "retry": { "attempts": 2 },
      "timeouts": { "firstByte": "3s" },
      "health": { "path": "/h" },
    },
    "search": {
      "backends": ["http://s:90"],
      "policy": { "name": "consistent_hash", "on": "path", "balance": "125%" },
      "ejection": { "after": "off" },
    },
  },
  "routes": [{ "match": { "path": "/s" }, "pool": "search" }, { "pool": "users" }],
}`;

Deno.test("pool file: a pool's settings are those of the simulation, with what all pools share", () => {
  const { settings, problems } = readPoolFile("a.jsonc", FILE, "users");
  assertEquals(problems, []);
  assertEquals(settings, {
    POLICY: "p2c",
    MAX_ATTEMPTS: "2",
    CONNECT_TIMEOUT: "1s",
    FIRST_BYTE_TIMEOUT: "3s",
    HEALTH_PATH: "/h",
    EJECT_AFTER: "3",
    EJECT_ON_5XX: "on",
    MAX_IN_FLIGHT: "50",
  });
  assertEquals(readPoolFile("a.jsonc", FILE, "search").settings, {
    POLICY: "consistent_hash",
    HASH_ON: "path",
    HASH_BALANCE: "125%",
    CONNECT_TIMEOUT: "1s",
    EJECT_AFTER: "off",
    EJECT_ON_5XX: "on",
    MAX_IN_FLIGHT: "50",
  });
});

Deno.test("pool file: each backend is simulated with its weight and a name that is like its own", () => {
  const pool = readPoolFile("a.jsonc", FILE, "users");
  const { scenario, problems } = readScenario({ flags: {}, pool });
  assertEquals(problems, []);
  const backends = scenario!.backends.map(({ name, weight }) => [name, weight]);
  assertEquals(backends, [["u1-81", 1], ["u2", 2]]);
  assertEquals(scenario!.policies, ["p2c"]);
  assertEquals(scenario!.config.pool.ejection.after, 3);
});

Deno.test("pool file: flags and a scenario file override the pool", () => {
  const pool = readPoolFile("a.jsonc", FILE, "users");
  const scenario = JSON.stringify({ backends: ["5ms"], settings: { EJECT_AFTER: 7 } });
  const found = readScenario({ flags: { policy: "random" }, scenario, pool }).scenario!;
  assertEquals([found.policies, found.backends.length], [["random"], 1]);
  assertEquals(found.config.pool.ejection.after, 7);
  assertEquals(found.config.pool.retry.attempts, 2);
});

for (
  const [wanted, problem] of [
    [undefined, "--pool must be one of users, search: current value is not set"],
    ["user", '--pool must be one of users, search: current value is "user", did you mean users?'],
  ] as const
) {
  Deno.test(`pool file: of several pools ${wanted ?? "none"} is no pool`, () => {
    const pool = readPoolFile("a.jsonc", FILE, wanted);
    assertEquals(pool.problems, [problem]);
    assertEquals(readScenario({ flags: {}, pool }).scenario, undefined);
  });
}

Deno.test("pool file: the only pool need not be named", () => {
  const text = '{ "pools": { "a": { "backends": ["http://a"] } } }';
  assertEquals(readPoolFile("a.jsonc", text, undefined).problems, []);
});

Deno.test("pool file: what is wrong with the file is said with its place", () => {
  const [problem, ...more] =
    readPoolFile("a.jsonc", FILE.replace('"p2c"', '"p2d"'), "users").problems;
  assertMatch(
    problem!,
    /^a\.jsonc:8:\d+: error: pools\.users\.policy must be .*did you mean "p2c"\?/,
  );
  assertEquals(more, []);
});
