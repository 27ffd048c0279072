import { assertEquals, assertMatch } from "@std/assert";
import { parseVariables } from "../../lib/config/load.ts";
import type { PoolConfig } from "../../lib/config/model.ts";
import { startWarnings } from "../../lib/runtime/start_warnings.ts";

const NONE = parseVariables({ USERS_SERVICE: "http://a" }).configuration;
const { pools } = NONE;
const TLS = {
  minVersion: "1.2",
  clientAuth: "required",
  hsts: Infinity,
  clientAuthorities: undefined,
} as const;

const withSticky = (sticky: PoolConfig["sticky"]) => ({
  ...NONE,
  pools: { users: { ...pools["users"]!, sticky } },
});

Deno.test("start warnings: there are none by default", () => {
  assertEquals(startWarnings(NONE, undefined), []);
});

Deno.test("start warnings: few file descriptors are reported with their number and what to do", () => {
  const [warning = "", ...others] = startWarnings(NONE, 60);
  assertMatch(warning, /^only 60 more file descriptors can be opened.*raise the limit/);
  assertEquals(others, []);
});

Deno.test("start warnings: sockets by epoll are one, as they end Deno's sandbox", () => {
  const config = { ...NONE, engine: "tcp", io: "epoll" } as const;
  assertEquals(startWarnings(config, undefined), [
    "io is epoll, which needs native code: Deno's sandbox is off, and this process may do all that its user may",
  ]);
});

Deno.test("start warnings: TLS with the web engine is one, and with the tcp engine none", () => {
  const listeners = { https: { ...NONE.listeners["http"]!, tls: TLS } };
  const [warning = "", ...others] = startWarnings({ ...NONE, listeners }, undefined);
  assertMatch(warning, /^TLS with the web engine has no limit for slow handshakes/);
  assertEquals(others, []);
  assertEquals(startWarnings({ ...NONE, engine: "tcp", listeners }, undefined), []);
});

Deno.test("start warnings: sticky sessions without a secret are reported, and with one they are not", () => {
  const sticky = { cookie: "lb", secret: undefined };
  const [warning = ""] = startWarnings(withSticky(sticky), undefined);
  assertMatch(warning, /^the sticky cookie of the pool users has no secret/);
  const signed = { ...sticky, secret: { text: "0123456789abcdef" } };
  assertEquals(startWarnings(withSticky(signed), undefined), []);
});

for (
  const [host, expected] of [
    ["127.0.0.1", 0],
    ["127.1.2.3", 0],
    ["::1", 0],
    ["localhost", 0],
    ["0.0.0.0", 1],
    ["::", 1],
    ["10.0.0.5", 1],
    ["edge-1.internal", 1],
  ] as const
) {
  Deno.test(`start warnings: an admin port on ${host} without a token has ${expected}, and with one 0`, () => {
    const admin = { ...NONE.admin!, host };
    const warnings = startWarnings({ ...NONE, pools, admin }, undefined);
    assertEquals(warnings.length, expected);
    for (const warning of warnings) {
      assertEquals(
        warning,
        `the admin port listens on ${host} without admin.token: it answers 403 to all but /livez and /readyz`,
      );
    }
    const token = { text: "0123456789abcdef" };
    assertEquals(startWarnings({ ...NONE, pools, admin: { ...admin, token } }, undefined), []);
    assertEquals(
      startWarnings({ ...NONE, pools, admin: { ...admin, readToken: token } }, undefined),
      [],
    );
    assertEquals(
      startWarnings({ ...NONE, pools, admin: { ...admin, port: undefined } }, undefined),
      [],
    );
    assertEquals(startWarnings({ ...NONE, pools, admin: undefined }, undefined), []);
  });
}

Deno.test("start warnings: one token for everything and for reading is reported", () => {
  const token = { text: "0123456789abcdef" };
  const admin = { ...NONE.admin!, token, readToken: { ...token } };
  const [warning = ""] = startWarnings({ ...NONE, pools, admin }, undefined);
  assertMatch(warning, /^admin.token and admin.readToken are the same/);
  const readToken = { text: "fedcba9876543210" };
  assertEquals(startWarnings({ ...NONE, pools, admin: { ...admin, readToken } }, undefined), []);
});
