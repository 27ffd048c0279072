import { assertEquals } from "@std/assert";
import { parseVariables } from "../../../lib/config/load.ts";
import { POLICY_NAMES } from "../../../lib/config/model.ts";
import { DEFAULTS } from "../../../lib/config/source/variable_defaults.ts";
import { readEnvironment } from "../../../lib/config/source/environment.ts";
import { plain } from "../../../lib/config/tree/node.ts";
import {
  VARIABLE_NAMES,
  type VariableName,
  variableOf,
  VARIABLES,
} from "../../../lib/config/source/variables.ts";
import { assembleVariables, settingOf, USERS, valueOf } from "../../support/variables.ts";

Deno.test("environment: a variable that is unset or empty has its default", () => {
  const empty = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, ""]));
  for (const texts of [USERS, { ...empty, ...USERS }]) {
    const { configuration } = parseVariables(texts);
    const values = VARIABLE_NAMES.map((name) => [name, settingOf(configuration, name)]);
    assertEquals(Object.fromEntries(values), {
      USERS_SERVICE: [{ url: "http://a", weight: 1, backup: false }],
      PORT: 5000,
      HOST: "0.0.0.0",
      TLS_CERT: undefined,
      TLS_KEY: undefined,
      ACME_DOMAINS: undefined,
      ACME_EMAIL: undefined,
      ADMIN_PORT: 5001,
      ADMIN_HOST: "127.0.0.1",
      ADMIN_TOKEN: undefined,
      ENGINE: "web",
      IO: "deno",
      INSTANCE_NAME: undefined,
      POLICY: "round_robin",
      HASH_ON: { by: "address" },
      HASH_BALANCE: Infinity,
      STICKY_COOKIE: undefined,
      STICKY_SECRET: undefined,
      DNS_SERVER: undefined,
      MAX_ATTEMPTS: Infinity,
      RETRY_BUDGET: 0.2,
      CONNECT_TIMEOUT: 2_000,
      FIRST_BYTE_TIMEOUT: 60_000,
      IDLE_TIMEOUT: 60_000,
      REQUEST_TIMEOUT: Infinity,
      HEALTH_PATH: undefined,
      HEALTH_INTERVAL: undefined,
      HEALTH_TIMEOUT: undefined,
      HEALTH_RISE: undefined,
      HEALTH_FALL: undefined,
      EJECT_AFTER: 5,
      EJECT_TIME: 10_000,
      EJECT_MAX: 0.5,
      EJECT_ON_5XX: false,
      SLOW_START: 10_000,
      MAX_IN_FLIGHT: 10_000,
      BACKEND_MAX_IN_FLIGHT: Infinity,
      BACKEND_IDLE_TIMEOUT: 4_000,
      TUNNEL_IDLE_TIMEOUT: 3_600_000,
      HALF_CLOSED_TIMEOUT: 30_000,
      HEADER_TIMEOUT: 10_000,
      KEEP_ALIVE_TIMEOUT: 60_000,
      MAX_HEADER_SIZE: 16_384,
      MAX_HEADER_LINES: 100,
      MAX_CONNECTIONS: 10_000,
      DRAIN_TIMEOUT: 30_000,
      TRUSTED_PROXIES: [],
      HEALTH_STATUS: undefined,
      WORKERS: 1,
      ACCESS_LOG: "text",
    });
  }
});

Deno.test("environment: a variable that is set to its default text has the default value", () => {
  const ofTls = ["TLS_CERT", "TLS_KEY", "ACME_DOMAINS", "ACME_EMAIL"];
  const without = ["USERS_SERVICE", "ADMIN_TOKEN", ...ofTls];
  const written = Object.entries(DEFAULTS).filter(([name]) => !without.includes(name));
  const { configuration } = parseVariables({ ...DEFAULTS, ...USERS });
  const bare = parseVariables(USERS).configuration;
  for (const name of VARIABLE_NAMES) {
    if (name.startsWith("HEALTH_")) continue; // probes are off, with or without settings
    assertEquals(settingOf(configuration, name), settingOf(bare, name), name);
  }
  assertEquals(written.every(([, text]) => text !== ""), true);
});

Deno.test("environment: alone it is one listener, a pool users, and a route to it", () => {
  const { configuration } = parseVariables(USERS);
  assertEquals(Object.keys(configuration.listeners), ["http"]);
  assertEquals(Object.keys(configuration.pools), ["users"]);
  assertEquals(configuration.routes.map(({ pool, match }) => [pool, match]), [["users", {}]]);
});

Deno.test("environment: beside a file with pools and listeners, what describes them is not used, with a warning", () => {
  const names = [
    "USERS_SERVICE",
    "PORT",
    "HOST",
    "TLS_CERT",
    "TLS_KEY",
    "ACME_DOMAINS",
    "ACME_EMAIL",
    "STICKY_COOKIE",
    "STICKY_SECRET",
    "HASH_ON",
    "HASH_BALANCE",
  ];
  const texts = Object.fromEntries(names.map((name) => [name, "nonsense"]));
  const { node, problems } = readEnvironment({ ...texts, POLICY: "p2c" }, {
    pools: true,
    listeners: true,
  });
  assertEquals(plain(node), { defaults: { policy: { name: "p2c" } } });
  assertEquals(
    problems.map(({ severity, message }) => [severity, message.split(" ")[0]]).sort(),
    names.map((name) => ["warning", name]).sort(),
  );
});

Deno.test("environment: each variable sets a setting that there is", () => {
  for (const name of VARIABLE_NAMES) {
    assertEquals(variableOf(VARIABLES[name].path), name);
    if (name !== "USERS_SERVICE") assertEquals(typeof DEFAULTS[name], "string");
  }
  assertEquals(assembleVariables(USERS).problems, []);
});

for (
  const [name, text, value] of [
    ["PORT", "1", 1],
    ["PORT", "65535", 65535],
    ["PORT", " 80\t", 80],
    ["HOST", "127.0.0.1", "127.0.0.1"],
    ["HOST", "::", "::"],
    ["HOST", "a_b-c.test", "a_b-c.test"],
    ["HOST", "[::1]", "::1"],
    ["HOST", "::ffff:127.0.0.1", "::ffff:127.0.0.1"],
    ["ADMIN_HOST", "[::]", "::"],
    ["ENGINE", "web", "web"],
    ["ENGINE", "tcp", "tcp"],
    ["IO", "deno", "deno"],
    ["CONNECT_TIMEOUT", "50ms", 50],
    ["IDLE_TIMEOUT", "5m", 300_000],
    ["BACKEND_IDLE_TIMEOUT", "1h", 3_600_000],
    ["TUNNEL_IDLE_TIMEOUT", "24h", 86_400_000],
    ["HALF_CLOSED_TIMEOUT", "5s", 5_000],
    ["HEADER_TIMEOUT", "1s", 1_000],
    ["KEEP_ALIVE_TIMEOUT", "75s", 75_000],
    ["MAX_HEADER_SIZE", "1KiB", 1_024],
    ["MAX_HEADER_SIZE", "32 KiB", 32_768],
    ["MAX_HEADER_SIZE", "1MiB", 1_048_576],
    ["MAX_HEADER_LINES", "10", 10],
    ["MAX_HEADER_LINES", "1000", 1_000],
    ["MAX_CONNECTIONS", "1", 1],
    ["MAX_CONNECTIONS", "1000000", 1_000_000],
    ...POLICY_NAMES.map((name) => ["POLICY", name, name] as const),
    ["HASH_BALANCE", "off", Infinity],
    ["HASH_BALANCE", "101%", 1.01],
    ["HASH_BALANCE", "125%", 1.25],
    ["HASH_BALANCE", "1000%", 10],
    ["STICKY_COOKIE", "off", undefined],
    ["STICKY_COOKIE", "lb.backend-1", "lb.backend-1"],
    ["STICKY_COOKIE", "x".repeat(64), "x".repeat(64)],
    ["INSTANCE_NAME", "random", undefined],
    ["INSTANCE_NAME", "edge-1.example", "edge-1.example"],
    ["STICKY_SECRET", "derived", undefined],

    ["MAX_ATTEMPTS", "1", 1],
    ["MAX_ATTEMPTS", "1000", 1000],
    ["FIRST_BYTE_TIMEOUT", "50ms", 50],
    ["FIRST_BYTE_TIMEOUT", "3s", 3000],
    ["FIRST_BYTE_TIMEOUT", "2m", 120_000],
    ["FIRST_BYTE_TIMEOUT", "1h", 3_600_000],
    ["FIRST_BYTE_TIMEOUT", "3600000ms", 3_600_000],
    ["FIRST_BYTE_TIMEOUT", "1m30s", 90_000],
    ["FIRST_BYTE_TIMEOUT", "30 s", 30_000],
    ["REQUEST_TIMEOUT", "1h 2m 3s 4ms", 3_723_004],
    ["DRAIN_TIMEOUT", "0s", 0],
    ["ADMIN_PORT", "9000", 9000],
    ["ADMIN_PORT", "off", undefined],
    ["ADMIN_HOST", "0.0.0.0", "0.0.0.0"],
    ["RETRY_BUDGET", "0%", 0],
    ["RETRY_BUDGET", "100%", 1],
    ["RETRY_BUDGET", "off", Infinity],
    ["RETRY_BUDGET", "20 %", 0.2],
    ["RETRY_BUDGET", "false", Infinity],
    ["STICKY_COOKIE", "false", undefined],
    ["SLOW_START", "false", 0],
    ["ADMIN_PORT", "false", undefined],
    ["EJECT_ON_5XX", "true", true],
    ["EJECT_ON_5XX", "false", false],
    ["ACCESS_LOG", "false", "off"],
    ["REQUEST_TIMEOUT", "off", Infinity],
    ["REQUEST_TIMEOUT", "24h", 86_400_000],
    ["REQUEST_TIMEOUT", "1d", 86_400_000],
    ["MAX_ATTEMPTS", "all", Infinity],
    ["MAX_ATTEMPTS", "every backend once", Infinity],
    ["HEALTH_PATH", "off", undefined],
    ["HEALTH_PATH", "/healthz?deep=1", "/healthz?deep=1"],
    ["HEALTH_INTERVAL", "50ms", 50],
    ["HEALTH_TIMEOUT", "500ms", 500],
    ["HEALTH_RISE", "1", 1],
    ["HEALTH_FALL", "100", 100],
    ["EJECT_AFTER", "1", 1],
    ["EJECT_AFTER", "off", Infinity],
    ["EJECT_TIME", "5m", 300_000],
    ["EJECT_MAX", "0%", 0],
    ["EJECT_MAX", "100%", 1],
    ["EJECT_ON_5XX", "on", true],
    ["SLOW_START", "off", 0],
    ["SLOW_START", "1h", 3_600_000],
    ["MAX_IN_FLIGHT", "1", 1],
    ["BACKEND_MAX_IN_FLIGHT", "100", 100],
    ["ACCESS_LOG", "text", "text"],
    ["ACCESS_LOG", "json", "json"],
    ["ACCESS_LOG", "off", "off"],
  ] as const satisfies (readonly [VariableName, string, unknown])[]
) {
  Deno.test(`schema: ${name}=${JSON.stringify(text)} is ${value}`, () => {
    assertEquals(valueOf({ ...USERS, [name]: text }, name), value);
  });
}

for (
  const [text, value] of [
    ["address", { by: "address" }],
    ["path", { by: "path" }],
    ["header:X-User", { by: "header", name: "X-User" }],
    ["cookie:session", { by: "cookie", name: "session" }],
  ] as const
) {
  Deno.test(`schema: HASH_ON=${text} is ${JSON.stringify(value)}`, () => {
    assertEquals(valueOf({ ...USERS, HASH_ON: text }, "HASH_ON"), value);
  });
}
