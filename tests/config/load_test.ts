import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ConfigError, parseAddresses, parseVariables } from "../../lib/config/load.ts";
import type { VariableTexts } from "../../lib/config/source/environment.ts";
import { POLICY_NAMES } from "../../lib/config/model.ts";

const USERS = { USERS_SERVICE: "http://a" };

function problem(texts: VariableTexts): string {
  const error = assertThrows(() => parseVariables(texts), ConfigError) as ConfigError;
  assertEquals(error.name, "ConfigError");
  return error.message;
}

Deno.test("load: valid settings are parsed", () => {
  const texts = { ...USERS, PORT: "81", TRUSTED_PROXIES: "192.0.2.0/24" };
  const { listeners, pools, trustedProxies } = parseVariables(texts).configuration;
  assertEquals(listeners["http"]!.port, 81);
  assertEquals(pools["users"]!.backends, [{ url: "http://a", weight: 1, backup: false }]);
  assertEquals(trustedProxies, ["192.0.2.0/24"]);
});

Deno.test("load: other variables are ignored", () => {
  const { configuration } = parseVariables({ ...USERS, PATH: "/bin", port: "x" });
  assertEquals(configuration.listeners["http"]!.port, 5000);
});

Deno.test("load: the error for one wrong setting has its name, what was expected and the current value", () => {
  assertEquals(
    problem({ ...USERS, PORT: "0" }),
    'Cannot start as PORT must be 1 to 65535: current value is "0"',
  );
});

for (const texts of [{}, { USERS_SERVICE: undefined }, { USERS_SERVICE: "" }]) {
  Deno.test(`load: without backends (${JSON.stringify(texts)}) the error shows how to list some`, () => {
    const message = problem(texts);
    assert(message.startsWith("Cannot start as USERS_SERVICE must list at least one backend"));
    assert(message.includes("http://users-1:5000;http://users-2:5000"));
    assert(message.endsWith(": current value is not set"));
  });
}

Deno.test("load: a list of blanks is an empty list", () => {
  const message = problem({ USERS_SERVICE: "  " });
  assert(message.startsWith("Cannot start as USERS_SERVICE must list at least one backend"));
  assert(message.endsWith(': current value is "  "'));
});

Deno.test("load: a sticky cookie that browsers accept over TLS only needs TRUSTED_PROXIES or TLS", () => {
  for (const name of ["__Host-lb", "__Secure-lb", "__host-lb"]) {
    assertEquals(
      problem({ ...USERS, STICKY_COOKIE: name }),
      "Cannot start as STICKY_COOKIE must not begin with __Host- or __Secure- unless TRUSTED_PROXIES or " +
        `TLS_CERT is set, as browsers accept such cookies over TLS only: current value is "${name}"`,
    );
    const settings = { ...USERS, STICKY_COOKIE: name, TRUSTED_PROXIES: "10.0.0.0/8" };
    const { pools } = parseVariables(settings).configuration;
    assertEquals(pools["users"]!.sticky?.cookie, name);
    assertEquals(parseAddresses({ STICKY_COOKIE: name }).port, 5000);
  }
});

Deno.test("load: all problems are reported at once, in the order of the settings", () => {
  const message = problem({
    ACCESS_LOG: "xml",
    USERS_SERVICE: "ftp://a;http://b;http://b:80/;http://c weight=0;http://d:2049",
    PORT: "65536",
    HOST: "a b",
    ENGINE: "fast",
    POLICY: "best",
    HASH_ON: "header:",
    HASH_BALANCE: "100%",
    STICKY_COOKIE: "a b",
    STICKY_SECRET: "short",
    MAX_ATTEMPTS: "0",
    FIRST_BYTE_TIMEOUT: "1",
    DRAIN_TIMEOUT: "2h",
    TRUSTED_PROXIES: "10.0.0.0/8, me, fd00::/129",
  });
  const networks = "must be none, or addresses and CIDR ranges such as 10.0.0.0/8, fd00::/8";
  const [first, ...problems] = message.split("\n");
  assertMatch(first!, /^Cannot start as the settings have 18 problems:$/);
  assertEquals(problems, [
    '  USERS_SERVICE must start with http:// or https://: entry 1 of 5 is "ftp://a"',
    '  USERS_SERVICE must list each backend once: entry 3 of 5 is "http://b:80/"',
    '  USERS_SERVICE must have no option except weight=1 to weight=100, once per backend: entry 4 of 5 is "http://c weight=0"',
    '  USERS_SERVICE must not use port 2049, which the Fetch standard blocks: entry 5 of 5 is "http://d:2049"',
    '  PORT must be 1 to 65535: current value is "65536"',
    '  HOST must be a host name or address: current value is "a b"',
    '  ENGINE must be web or tcp: current value is "fast"',
    `  POLICY must be ${POLICY_NAMES.join(" or ")}: current value is "best"`,
    '  HASH_ON must be address or path or header:NAME or cookie:NAME: current value is "header:"',
    '  HASH_BALANCE must be 101% to 1000%, or off: current value is "100%"',
    `  STICKY_COOKIE must be a cookie name of 1 to 64 characters, or off: current value is "a b"`,
    '  STICKY_SECRET must have 16 characters or more: current value is "***"',
    '  MAX_ATTEMPTS must be 1 to 1000, or all: current value is "0"',
    '  FIRST_BYTE_TIMEOUT must be a duration of 50ms to 1h, such as 500ms, 30s or 5m: current value is "1", did you mean 1s?',
    '  DRAIN_TIMEOUT must be a duration of 0s to 1h, such as 500ms, 30s or 5m: current value is "2h"',
    `  TRUSTED_PROXIES ${networks}: entry 2 of 3 is "me"`,
    `  TRUSTED_PROXIES ${networks}: entry 3 of 3 is "fd00::/129"`,
    '  ACCESS_LOG must be text or json or off: current value is "xml"',
  ]);
});

Deno.test("load: a password is never shown, whatever else is wrong", () => {
  for (
    const backend of ["http://user:hunter2@a", "ftp://hunter2@a/x weight=0", "http://:hunter2@a:x"]
  ) {
    const message = problem({ USERS_SERVICE: `http://ok;${backend}`, PORT: "0" });
    assertEquals(message.includes("hunter2"), false, backend);
    assert(message.includes("***@a"), backend);
    assertEquals(message.split("\n").length, 3);
  }
});

Deno.test("load: a value with quotes or line ends is shown on one line", () => {
  assert(problem({ ...USERS, HOST: 'a"\nb' }).endsWith(String.raw`: current value is "a\"\nb"`));
});

Deno.test("load: addresses are parsed without the other settings", () => {
  const texts = { USERS_SERVICE: "nonsense", POLICY: "best", PORT: "81" };
  assertEquals(parseAddresses(texts), {
    port: 81,
    host: "0.0.0.0",
    unix: undefined,
    admin: { host: "127.0.0.1", port: 5001 },
  });
});

Deno.test("load: only problems of addresses are reported if only those are parsed", () => {
  const texts = { POLICY: "best", PORT: "0", HOST: "127.0.0.1" };
  const error = assertThrows(() => parseAddresses(texts), ConfigError) as ConfigError;
  assertEquals(error.message, 'Cannot start as PORT must be 1 to 65535: current value is "0"');
});

for (const texts of [{ PORT: "5001" }, { ADMIN_PORT: "5000" }, { PORT: "80", ADMIN_PORT: "80" }]) {
  Deno.test(`load: ${JSON.stringify(texts)} is refused, as both ports are the same`, () => {
    const found = problem({ ...USERS, ...texts });
    assertMatch(
      found,
      /^Cannot start as ADMIN_PORT must differ from PORT: current value is "\d+"$/,
    );
  });
}

Deno.test("load: equal ports are reported together with other problems", () => {
  const found = problem({ ...USERS, PORT: "5001", EJECT_AFTER: "0" });
  assertMatch(found, /2 problems/);
  assertMatch(found, /EJECT_AFTER must be 1 to 1000, or off: current value is "0"/);
  assertMatch(found, /ADMIN_PORT must differ from PORT/);
});

Deno.test("load: with ADMIN_PORT=off, PORT may be the default admin port", () => {
  const texts = { ...USERS, PORT: "5001", ADMIN_PORT: "off" };
  assertEquals(parseVariables(texts).configuration.admin?.port, undefined);
});
