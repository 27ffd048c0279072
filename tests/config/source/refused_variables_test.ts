/** Which variables are refused, and what is said then. */
import { assertEquals, assertThrows } from "@std/assert";
import { parseVariables } from "../../../lib/config/load.ts";
import { POLICY_NAMES } from "../../../lib/config/model.ts";
import { problemsOf, USERS } from "../../support/variables.ts";

Deno.test("schema: no part of a secret is shown", () => {
  const error = assertThrows(() => parseVariables({ ...USERS, STICKY_SECRET: "too short" }));
  assertEquals(
    (error as Error).message,
    'Cannot start as STICKY_SECRET must have 16 characters or more: current value is "***"',
  );
});

const POLICIES = `must be ${POLICY_NAMES.join(" or ")}`;
const HASH_ON = "must be address or path or header:NAME or cookie:NAME";
const HASH_BALANCE = "must be 101% to 1000%, or off";
const INSTANCE = "must be a name of 1 to 64 characters, such as edge-1";
const COOKIE = "must be a cookie name of 1 to 64 characters, or off";
const FIRST_BYTE = "must be a duration of 50ms to 1h, such as 500ms, 30s or 5m";
const DRAIN = "must be a duration of 0s to 1h, such as 500ms, 30s or 5m";
const TUNNEL = "must be a duration of 50ms to 24h, such as 500ms, 30s or 5m";
const SIZE = "must be 1KiB to 1MiB, such as 16KiB";
const LINES = "must be 10 to 1000";
const CONNECTIONS = "must be 1 to 1000000";
const PORT = "must be 1 to 65535";
const ATTEMPTS = "must be 1 to 1000, or all";
const HOST = "must be a host name or address";
const NO_PORT = "must have no port, which is a setting of its own";
const LOG = "must be text or json or off";

for (
  const [name, text, message] of [
    ["PORT", "0", PORT],
    ["PORT", "65536", PORT],
    ["PORT", "-1", PORT],
    ["PORT", "80.5", PORT],
    ["PORT", "5e3", PORT],
    ["PORT", "0x50", PORT],
    ["PORT", "80 81", PORT],
    ["PORT", "http", PORT],
    ["PORT", " ", PORT],
    ["PORT", "1".repeat(30), PORT],
    ["HOST", "a b", HOST],
    ["HOST", "a:80", NO_PORT],
    ["HOST", "127.0.0.1:", NO_PORT],
    ["HOST", "[::1]:80", NO_PORT],
    ["HOST", ":80", NO_PORT],
    ["HOST", "[a]", HOST],
    ["HOST", "[127.0.0.1]", HOST],
    ["HOST", "1:2:3", HOST],
    ["HOST", "fe80::1%eth0", HOST],
    ["HOST", "*", HOST],
    ["ADMIN_HOST", "a:80", NO_PORT],
    ["HOST", "http://a", HOST],
    ["HOST", "a/b", HOST],
    ["ENGINE", "tcp2", "must be web or tcp"],
    ["ENGINE", "WEB", "must be web or tcp"],
    ["IO", "uring", "must be deno or epoll"],
    ["CONNECT_TIMEOUT", "off", FIRST_BYTE],
    ["IDLE_TIMEOUT", "49ms", FIRST_BYTE],
    ["BACKEND_IDLE_TIMEOUT", "2h", FIRST_BYTE],
    ["TUNNEL_IDLE_TIMEOUT", "25h", TUNNEL],
    ["HALF_CLOSED_TIMEOUT", "2h", FIRST_BYTE],
    ["HEADER_TIMEOUT", "0s", FIRST_BYTE],
    ["KEEP_ALIVE_TIMEOUT", "60", FIRST_BYTE],
    ["MAX_HEADER_SIZE", "16384", SIZE],
    ["MAX_HEADER_SIZE", "16KB", SIZE],
    ["MAX_HEADER_SIZE", "0KiB", SIZE],
    ["MAX_HEADER_SIZE", "2MiB", SIZE],
    ["MAX_HEADER_LINES", "9", LINES],
    ["MAX_HEADER_LINES", "1001", LINES],
    ["MAX_CONNECTIONS", "0", CONNECTIONS],
    ["MAX_CONNECTIONS", "off", CONNECTIONS],
    ["POLICY", "rr", POLICIES],
    ["POLICY", "toString", POLICIES],
    ["HASH_ON", "ip", HASH_ON],
    ["HASH_ON", "header", HASH_ON],
    ["HASH_ON", "header:", HASH_ON],
    ["HASH_ON", "header:a b", HASH_ON],
    ["HASH_ON", "cookie:a=b", HASH_ON],
    ["HASH_ON", "query:q", HASH_ON],
    ["HASH_BALANCE", "100%", HASH_BALANCE],
    ["HASH_BALANCE", "1001%", HASH_BALANCE],
    ["HASH_BALANCE", "1.25", HASH_BALANCE],
    ["INSTANCE_NAME", "edge 1", INSTANCE],
    ["INSTANCE_NAME", "edge:1", INSTANCE],
    ["INSTANCE_NAME", "x".repeat(65), INSTANCE],
    ["STICKY_COOKIE", "a b", COOKIE],
    ["STICKY_COOKIE", "Off", COOKIE],
    ["STICKY_COOKIE", "on", COOKIE],
    ["STICKY_COOKIE", "True", COOKIE],
    ["STICKY_COOKIE", "a=b", COOKIE],
    ["STICKY_COOKIE", "a;b", COOKIE],
    ["STICKY_COOKIE", "x".repeat(65), COOKIE],
    ["MAX_ATTEMPTS", "0", ATTEMPTS],
    ["MAX_ATTEMPTS", "1001", ATTEMPTS],
    ["MAX_ATTEMPTS", "-1", ATTEMPTS],
    ["MAX_ATTEMPTS", "Infinity", ATTEMPTS],
    ["FIRST_BYTE_TIMEOUT", "49ms", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "0s", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "61m", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "30", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "30s1m", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "1m1m", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "1m30", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "59m61s", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "1m  30s", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "m", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "1.5s", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "-1s", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "1d", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "30S", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "off", FIRST_BYTE],
    ["DRAIN_TIMEOUT", "2h", DRAIN],
    ["DRAIN_TIMEOUT", "s", DRAIN],
    ["ADMIN_PORT", "0", `${PORT}, or off`],
    ["ADMIN_HOST", "a b", HOST],
    ["RETRY_BUDGET", "20", "must be 0% to 100%, or off"],
    ["RETRY_BUDGET", "101%", "must be 0% to 100%, or off"],
    ["REQUEST_TIMEOUT", "0s", `${TUNNEL}, or off`],
    ["HEALTH_PATH", "healthz", "must be a path such as /healthz, or off"],
    ["HEALTH_PATH", "/a b", "must be a path such as /healthz, or off"],
    ["HEALTH_PATH", "/a#b", "must be a path such as /healthz, or off"],
    ["HEALTH_PATH", "on", "must be a path such as /healthz, or off"],
    ["HEALTH_INTERVAL", "off", FIRST_BYTE],
    ["HEALTH_TIMEOUT", "2", FIRST_BYTE],
    ["HEALTH_RISE", "0", "must be 1 to 100"],
    ["HEALTH_FALL", "101", "must be 1 to 100"],
    ["EJECT_AFTER", "0", "must be 1 to 1000, or off"],
    ["EJECT_TIME", "6m", "must be a duration of 50ms to 5m, such as 500ms, 30s or 5m"],
    ["EJECT_MAX", "0.5", "must be 0% to 100%"],
    ["EJECT_MAX", "off", "must be 0% to 100%"],
    ["EJECT_ON_5XX", "yes", "must be on or off"],
    ["EJECT_ON_5XX", "TRUE", "must be on or off"],
    ["EJECT_ON_5XX", "constructor", "must be on or off"],
    ["SLOW_START", "0s", `${FIRST_BYTE}, or off`],
    ["MAX_IN_FLIGHT", "off", CONNECTIONS],
    ["BACKEND_MAX_IN_FLIGHT", "0", `${CONNECTIONS}, or off`],
    ["ACCESS_LOG", "xml", LOG],
    ["ACCESS_LOG", "on", LOG],
    ["ACCESS_LOG", "true", LOG],
  ] as const
) {
  Deno.test(`schema: ${name}=${JSON.stringify(text)} is refused: ${message}`, () => {
    const problems = problemsOf({ ...USERS, [name]: text });
    assertEquals(problems.map(({ name, expected }) => [name, expected]), [[name, message]]);
  });
}
