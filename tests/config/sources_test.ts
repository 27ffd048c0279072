/** Which source of a setting wins: defaults, file, .env, environment. */
import { assert, assertEquals } from "@std/assert";
import type { Configuration } from "../../lib/config/model.ts";
import { DEFAULTS } from "../../lib/config/source/variable_defaults.ts";
import { VARIABLE_NAMES } from "../../lib/config/source/variables.ts";
import { parseVariables } from "../../lib/config/load.ts";
import { configurationOf, problemsOfText } from "../support/configuration_file.ts";
import { settingOf, USERS } from "../support/variables.ts";

const POOLS = `"pools": { "users": { "backends": ["http://file"] } }`;

Deno.test("sources: the smallest file is what its backends are in the environment", async () => {
  assertEquals(
    await configurationOf(`{ ${POOLS} }`),
    parseVariables({ USERS_SERVICE: "http://file" }).configuration,
  );
});

Deno.test("sources: a file beats defaults, and a variable beats the file", async () => {
  const file = `{ "engine": "tcp", "limits": { "inFlight": 7, "headerLines": 20 }, ${POOLS} }`;
  const without = await configurationOf(file);
  assertEquals([without.engine, without.limits.inFlight, without.workers], ["tcp", 7, 1]);
  const { engine, limits, workers } = await configurationOf(file, {
    ENGINE: "web",
    MAX_IN_FLIGHT: "9",
    WORKERS: "2",
  });
  // What stands beside it in the same object stays.
  assertEquals([engine, limits.inFlight, limits.headerLines, workers], ["web", 9, 20, 2]);
});

Deno.test("sources: a variable that is empty leaves what the file says", async () => {
  const { engine } = await configurationOf(`{ "engine": "tcp", ${POOLS} }`, { ENGINE: "" });
  assertEquals(engine, "tcp");
});

Deno.test("sources: each variable that a file cannot replace sets the same value beside a file", async () => {
  const values: Readonly<Record<string, string>> = {
    ADMIN_PORT: "6000",
    ENGINE: "tcp",
    POLICY: "random",
    CONNECT_TIMEOUT: "3s",
    EJECT_ON_5XX: "on",
    HEALTH_PATH: "/h",
    TRUSTED_PROXIES: "10.0.0.0/8, 192.0.2.1",
    ACCESS_LOG: "off",
    MAX_ATTEMPTS: "2",
    SLOW_START: "off",
  };
  const beside = await configurationOf(`{ ${POOLS} }`, values);
  const alone = parseVariables({ ...values, USERS_SERVICE: "http://file" }).configuration;
  assertEquals(beside, alone);
  for (const name of Object.keys(values)) {
    assert(VARIABLE_NAMES.some((known) => known === name && values[name] !== DEFAULTS[known]));
  }
});

for (
  const [name, value, key] of [
    ["USERS_SERVICE", "http://env", "pools"],
    ["STICKY_COOKIE", "lb", "pools"],
    ["STICKY_SECRET", "0123456789abcdef", "pools"],
    ["HASH_ON", "path", "pools"],
    ["HASH_BALANCE", "125%", "pools"],
    ["PORT", "99", "listeners"],
    ["HOST", "127.0.0.1", "listeners"],
  ] as const
) {
  Deno.test(`sources: ${name} is ignored beside a file with ${key}, and a warning says so`, async () => {
    const file = `{ "listeners": { "http": { "port": 80 } }, ${POOLS} }`;
    const { configuration, warnings, errors } = await problemsOfText(file, { [name]: value });
    assertEquals(errors, "");
    assertEquals(
      warnings,
      `${name} is not used, as the configuration file has ${key}`,
    );
    assertEquals(configuration, await configurationOf(file));
  });
}

Deno.test("sources: a variable that is ignored may be wrong", async () => {
  const { errors } = await problemsOfText(`{ ${POOLS} }`, { USERS_SERVICE: "nonsense" });
  assertEquals(errors, "");
});

Deno.test("sources: PORT and HOST apply beside a file without listeners, and USERS_SERVICE beside one without pools", async () => {
  const { listeners, pools } = await configurationOf(`{ "engine": "tcp" }`, {
    ...USERS,
    PORT: "81",
    HOST: "::",
  });
  assertEquals([listeners["http"]!.port, listeners["http"]!.host], [81, "::"]);
  assertEquals(pools["users"]!.backends, [{ url: "http://a", weight: 1, backup: false }]);
});

Deno.test("sources: routes of a file may name the environment's pool", async () => {
  const file = `{ "routes": [{ "match": { "pathPrefix": "/users" }, "pool": "users" }] }`;
  assertEquals((await configurationOf(file, USERS)).routes.map(({ pool }) => pool), ["users"]);
});

Deno.test("sources: problems of variables and of the file come together, variables first", async () => {
  const { errors } = await problemsOfText(`{ "engine": "fast", ${POOLS} }`, { WORKERS: "none" });
  assertEquals(
    errors.split("\n")[0],
    'WORKERS must be 1 to 256, or auto: current value is "none"',
  );
  assert(errors.includes('engine must be web or tcp: found "fast"'), errors);
});

Deno.test("sources: of a broken file only the syntax is told, with what is wrong with variables", async () => {
  const { errors } = await problemsOfText(`{ "engine": fast }`, { WORKERS: "none", PORT: "x" });
  const heads = errors.split("\n").filter((line) => /^\w/.test(line));
  assertEquals(heads, [
    'WORKERS must be 1 to 256, or auto: current value is "none"',
    'roundabout.jsonc:1:13: error: engine must be in double quotes: found fast, did you mean "fast"?',
  ]);
});

/** Two pools: the second one says something of its own. */
const TWO = (defaults: string, own: string) =>
  `{
  "defaults": ${defaults},
  "pools": { "users": { "backends": ["http://a"] }, "own": { "backends": ["http://b"], ${own} } },
  "routes": [{ "match": { "path": "/own" }, "pool": "own" }, { "pool": "users" }]
}`;

async function poolsOf(...args: Parameters<typeof configurationOf>) {
  const { pools } = await configurationOf(...args);
  return [pools["users"]!, pools["own"]!] as const;
}

Deno.test("sources: a pool has what defaults says, key by key, unless it says something else itself", async () => {
  const [users, own] = await poolsOf(TWO(
    `{ "timeouts": { "connect": "1s", "idle": "3s" }, "health": { "path": "/h", "rise": 9 } }`,
    `"timeouts": { "idle": "7s" }, "health": { "rise": 1 }`,
  ));
  assertEquals([users.timeouts.connect, users.timeouts.idle], [1000, 3000]);
  assertEquals([own.timeouts.connect, own.timeouts.idle], [1000, 7000]);
  assertEquals([users.health?.path, users.health?.rise], ["/h", 9]);
  assertEquals([own.health?.path, own.health?.rise], ["/h", 1]);
});

Deno.test("sources: a pool may turn off what defaults turns on", async () => {
  const [users, own] = await poolsOf(TWO(`{ "health": { "path": "/h" } }`, `"health": "off"`));
  assertEquals([users.health?.path, own.health], ["/h", undefined]);
});

Deno.test("sources: a policy is replaced as a whole, as its parts mean nothing without each other", async () => {
  const [users, own] = await poolsOf(TWO(
    `{ "policy": { "name": "consistent_hash", "on": "path", "balance": "150%" } }`,
    `"policy": { "name": "consistent_hash" }`,
  ));
  assertEquals(users.policy, { name: "consistent_hash", on: { by: "path" }, balance: 1.5 });
  assertEquals(own.policy, { name: "consistent_hash", on: { by: "address" }, balance: Infinity });
});

Deno.test("sources: a variable sets defaults; what a pool says itself is more specific and stays", async () => {
  const [users, own] = await poolsOf(
    TWO(
      `{ "policy": { "name": "consistent_hash", "on": "path" }, "timeouts": { "connect": "1s" } }`,
      `"policy": "p2c", "timeouts": { "connect": "4s" }`,
    ),
    { POLICY: "random", CONNECT_TIMEOUT: "2s" },
  );
  assertEquals([users.policy.name, users.timeouts.connect], ["random", 2000]);
  assertEquals([own.policy.name, own.timeouts.connect], ["p2c", 4000]);
});

Deno.test("sources: a pool that no route uses is a warning", async () => {
  const file =
    `{ "pools": { "users": { "backends": ["http://a"] }, "spare": { "backends": ["http://b"] } },
  "routes": [{ "pool": "users" }] }`;
  const { warnings, configuration } = await problemsOfText(file);
  assertEquals(
    warnings.split("\n")[0],
    "roundabout.jsonc:1:53: warning: pools.spare is used by no route",
  );
  assertEquals(Object.keys(configuration!.pools), ["users", "spare"]);
});

Deno.test("sources: the default of a variable, written out, changes nothing beside a file", async () => {
  for (const name of VARIABLE_NAMES) {
    if (name === "USERS_SERVICE" || DEFAULTS[name] === "") continue;
    const beside = await problemsOfText(`{ ${POOLS} }`, { [name]: DEFAULTS[name] });
    assertEquals(beside.errors, "", name);
    const expected: Configuration = await configurationOf(`{ ${POOLS} }`);
    // STICKY_ and HASH_ are not used, and a part of HEALTH_ makes an object of off.
    if (!/^(?:STICKY|HASH|HEALTH)_/.test(name)) {
      assertEquals(settingOf(beside.configuration!, name), settingOf(expected, name), name);
    }
  }
});
