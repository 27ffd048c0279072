import { assertEquals, assertMatch } from "@std/assert";
import { parseVariables } from "../../lib/config/load.ts";
import type { PoolConfig } from "../../lib/config/model.ts";
import { startWarnings } from "../../lib/runtime/start_warnings.ts";

const { pools } = parseVariables({ USERS_SERVICE: "http://a" }).configuration;
const NONE = { pools };

const withSticky = (sticky: PoolConfig["sticky"]) => ({
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

Deno.test("start warnings: sticky sessions without a secret are reported, and with one they are not", () => {
  const sticky = { cookie: "lb", secret: undefined };
  const [warning = ""] = startWarnings(withSticky(sticky), undefined);
  assertMatch(warning, /^the sticky cookie of the pool users has no secret/);
  const signed = { ...sticky, secret: { text: "0123456789abcdef" } };
  assertEquals(startWarnings(withSticky(signed), undefined), []);
});
