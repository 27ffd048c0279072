import { assertEquals, assertMatch } from "@std/assert";
import { startWarnings } from "../../lib/runtime/start_warnings.ts";

const NONE = { STICKY_COOKIE: undefined, STICKY_SECRET: undefined };

Deno.test("start warnings: there are none by default", () => {
  assertEquals(startWarnings(NONE, undefined), []);
});

Deno.test("start warnings: few file descriptors are reported with their number and what to do", () => {
  const [warning = "", ...others] = startWarnings(NONE, 60);
  assertMatch(warning, /^only 60 more file descriptors can be opened.*raise the limit/);
  assertEquals(others, []);
});

Deno.test("start warnings: sticky sessions without a secret are reported, and with one they are not", () => {
  const sticky = { ...NONE, STICKY_COOKIE: "lb" };
  const [warning = ""] = startWarnings(sticky, undefined);
  assertMatch(warning, /^STICKY_SECRET is not set/);
  assertEquals(startWarnings({ ...sticky, STICKY_SECRET: "0123456789abcdef" }, undefined), []);
});
