import { assert, assertEquals } from "@std/assert";
import { parseVariables } from "../../../lib/config/load.ts";
import { DEFAULTS } from "../../../lib/config/source/variable_defaults.ts";
import { VARIABLE_NAMES } from "../../../lib/config/source/variables.ts";
import { problemsOfText } from "../../support/configuration_file.ts";
import { USERS } from "../../support/variables.ts";

/** The warnings, each without the value that it shows. */
const warningsFor = (texts: Record<string, string>) =>
  parseVariables({ ...USERS, ...texts }).warnings.map((warning) => warning.split(": current")[0]!);

for (
  const [name, text, other, otherwise] of [
    ["HASH_ON", "path", { POLICY: "consistent_hash" }, "without POLICY=consistent_hash"],
    ["HASH_BALANCE", "125%", { POLICY: "consistent_hash" }, "without POLICY=consistent_hash"],
    ["STICKY_SECRET", "0123456789abcdef", { STICKY_COOKIE: "lb" }, "without STICKY_COOKIE"],
    ["HEADER_TIMEOUT", "5s", { ENGINE: "tcp" }, "without ENGINE=tcp"],
    ["KEEP_ALIVE_TIMEOUT", "5s", { ENGINE: "tcp" }, "without ENGINE=tcp"],
    ["BACKEND_IDLE_TIMEOUT", "5s", { ENGINE: "tcp" }, "without ENGINE=tcp"],
    ["HALF_CLOSED_TIMEOUT", "5s", { ENGINE: "tcp" }, "without ENGINE=tcp"],
    ["MAX_CONNECTIONS", "5", { ENGINE: "tcp" }, "without ENGINE=tcp"],
    ["MAX_HEADER_SIZE", "65KiB", { ENGINE: "tcp" }, "above 64KiB without ENGINE=tcp"],
    ["HEALTH_STATUS", "2xx", { HEALTH_PATH: "/" }, "without HEALTH_PATH"],
    ["HEALTH_INTERVAL", "1s", { HEALTH_PATH: "/" }, "without HEALTH_PATH"],
    ["HEALTH_TIMEOUT", "1s", { HEALTH_PATH: "/" }, "without HEALTH_PATH"],
    ["HEALTH_RISE", "1", { HEALTH_PATH: "/" }, "without HEALTH_PATH"],
    ["HEALTH_FALL", "1", { HEALTH_PATH: "/" }, "without HEALTH_PATH"],
  ] as const
) {
  Deno.test(`without effect: ${name} needs ${Object.keys(other)}`, () => {
    assertEquals(warningsFor({ [name]: text }), [`${name} has no effect ${otherwise}`]);
    assertEquals(warningsFor({ [name]: text, ...other }), []);
    // What is set to its default is not missed.
    assertEquals(warningsFor({ [name]: ` ${DEFAULTS[name]} ` }), []);
  });
}

for (
  const [name, text, other, otherwise] of [
    ["EJECT_TIME", "5s", { EJECT_AFTER: "off" }, "with EJECT_AFTER=off"],
    ["EJECT_MAX", "20%", { EJECT_AFTER: "off" }, "with EJECT_AFTER=off"],
    ["SLOW_START", "5s", { EJECT_AFTER: "off" }, "with EJECT_AFTER=off and without HEALTH_PATH"],
    ["RETRY_BUDGET", "5%", { MAX_ATTEMPTS: "1" }, "with MAX_ATTEMPTS=1"],
    ["ADMIN_HOST", "::", { ADMIN_PORT: "off" }, "with ADMIN_PORT=off"],
    ["ADMIN_TOKEN", "0123456789abcdef", { ADMIN_PORT: "off" }, "with ADMIN_PORT=off"],
  ] as const
) {
  Deno.test(`without effect: ${name} is not used if ${Object.keys(other)} is ${Object.values(other)}`, () => {
    assertEquals(warningsFor({ [name]: text }), []);
    assertEquals(warningsFor({ [name]: text, ...other }), [`${name} has no effect ${otherwise}`]);
  });
}

Deno.test("without effect: a DNS server is for names that stand for backends, and for files that may list some", async () => {
  const without = "DNS_SERVER has no effect without a backend such as dns+http://users:5000";
  assertEquals(warningsFor({ DNS_SERVER: "10.0.0.2" }), [without]);
  assertEquals(warningsFor({ DNS_SERVER: "system" }), []);
  for (const USERS_SERVICE of ["dns+http://users", "http://a;srv+http://users"]) {
    assertEquals(warningsFor({ DNS_SERVER: "10.0.0.2", USERS_SERVICE }), []);
  }
  const pools = { users: { backends: [{ file: "users.txt" }] } };
  const { errors } = await problemsOfText(JSON.stringify({ dns: { maxAge: "2s" }, pools }));
  assertEquals(errors, "");
});

Deno.test("without effect: slow start is for backends that probes find up, too", () => {
  assertEquals(warningsFor({ SLOW_START: "5s", EJECT_AFTER: "off", HEALTH_PATH: "/" }), []);
});

Deno.test("without effect: the web engine takes heads of up to 64 KiB", () => {
  assertEquals(warningsFor({ MAX_HEADER_SIZE: "64KiB" }), []);
});

Deno.test("without effect: by default and with only the backends there is nothing to say", () => {
  assertEquals(warningsFor({}), []);
  assertEquals(
    warningsFor({ ...Object.fromEntries(VARIABLE_NAMES.map((name) => [name, ""])), ...USERS }),
    [],
  );
});

Deno.test("without effect: a variable may turn off for once what a file sets in detail", async () => {
  const text = JSON.stringify({
    log: { fields: ["host"], query: "names" },
    admin: { host: "127.0.0.2" },
    pools: { users: { backends: ["http://a"] } },
  });
  const off = { ACCESS_LOG: "off", ADMIN_PORT: "off" };
  const { errors, warnings, configuration } = await problemsOfText(text, off);
  assertEquals([errors, configuration?.log.access], ["", "off"]);
  assertEquals([...warnings.matchAll(/[\w.]+ has no effect with \w+=off/g)].map(String).sort(), [
    "admin.host has no effect with ADMIN_PORT=off",
    "log.fields has no effect with ACCESS_LOG=off",
    "log.query has no effect with ACCESS_LOG=off",
  ]);
});

Deno.test("without effect: a list that is as if it were not there is no mistake", async () => {
  const log = { access: "off", fields: [], query: "all" };
  const text = JSON.stringify({ log, pools: { users: { backends: ["http://a"] } } });
  assertEquals((await problemsOfText(text)).errors, "");
});

Deno.test("without effect: every setting that docs/configuration.md marks with tcp is known", () => {
  const page = Deno.readTextFileSync(new URL("../../../docs/configuration.md", import.meta.url));
  const rows = page.matchAll(/^\| `([A-Z0-9_]+)` +\|[^|]*\|([^|]*)\| tcp: /gm);
  const marked = [...rows].map(([, name, values]) => [name!, values!] as const);
  assert(marked.length >= 5);
  for (const [name, values] of marked) {
    const [first] = values.trim().split(" "); // the least that may be written
    assertEquals(warningsFor({ [name]: first! }), [`${name} has no effect without ENGINE=tcp`]);
  }
});
