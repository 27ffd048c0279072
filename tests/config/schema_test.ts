import { assertEquals } from "@std/assert";
import { parseConfig } from "../../lib/config/load.ts";
import { type Config, DEFAULTS, SETTING_NAMES, Settings } from "../../lib/config/schema.ts";

const USERS = { USERS_SERVICE: "http://a" };

type Scalar = Exclude<keyof Config, "USERS_SERVICE" | "TRUSTED_PROXIES">;

Deno.test("schema: what is unset or empty has its default", () => {
  const empty = Object.fromEntries(SETTING_NAMES.map((name) => [name, ""]));
  for (const texts of [USERS, { ...empty, ...USERS }]) {
    const { TRUSTED_PROXIES, ...config } = parseConfig(texts);
    assertEquals(config, {
      USERS_SERVICE: [{ url: "http://a", weight: 1 }],
      PORT: 5000,
      HOST: "0.0.0.0",
      ENGINE: "web",
      POLICY: "round_robin",
      MAX_ATTEMPTS: Infinity,
      CONNECT_TIMEOUT: 2_000,
      FIRST_BYTE_TIMEOUT: 60_000,
      IDLE_TIMEOUT: 60_000,
      BACKEND_IDLE_TIMEOUT: 4_000,
      TUNNEL_IDLE_TIMEOUT: 3_600_000,
      HEADER_TIMEOUT: 10_000,
      KEEP_ALIVE_TIMEOUT: 60_000,
      MAX_HEADER_SIZE: 16_384,
      MAX_CONNECTIONS: 10_000,
      DRAIN_TIMEOUT: 30_000,
      ACCESS_LOG: "text",
    });
    assertEquals(TRUSTED_PROXIES("127.0.0.1"), false);
  }
});

Deno.test("schema: each default as it is written means the same as none", () => {
  const written = Object.entries(DEFAULTS).filter(([name]) => name !== "USERS_SERVICE");
  const { TRUSTED_PROXIES: _one, ...config } = parseConfig({ ...DEFAULTS, ...USERS });
  const { TRUSTED_PROXIES: _other, ...unset } = parseConfig(USERS);
  assertEquals(config, unset);
  assertEquals(written.every(([, text]) => text !== ""), true);
});

Deno.test("schema: every setting has a default, and the other way round", () => {
  assertEquals(Object.keys(Settings.shape), [...SETTING_NAMES]);
});

for (
  const [name, text, value] of [
    ["PORT", "1", 1],
    ["PORT", "65535", 65535],
    ["PORT", " 80\t", 80],
    ["HOST", "127.0.0.1", "127.0.0.1"],
    ["HOST", "::", "::"],
    ["HOST", "a_b-c.test", "a_b-c.test"],
    ["ENGINE", "web", "web"],
    ["ENGINE", "tcp", "tcp"],
    ["CONNECT_TIMEOUT", "50ms", 50],
    ["IDLE_TIMEOUT", "5m", 300_000],
    ["BACKEND_IDLE_TIMEOUT", "1h", 3_600_000],
    ["TUNNEL_IDLE_TIMEOUT", "24h", 86_400_000],
    ["HEADER_TIMEOUT", "1s", 1_000],
    ["KEEP_ALIVE_TIMEOUT", "75s", 75_000],
    ["MAX_HEADER_SIZE", "1KiB", 1_024],
    ["MAX_HEADER_SIZE", "32 KiB", 32_768],
    ["MAX_HEADER_SIZE", "1MiB", 1_048_576],
    ["MAX_CONNECTIONS", "1", 1],
    ["MAX_CONNECTIONS", "1000000", 1_000_000],
    ["POLICY", "round_robin", "round_robin"],
    ["MAX_ATTEMPTS", "1", 1],
    ["MAX_ATTEMPTS", "1000", 1000],
    ["FIRST_BYTE_TIMEOUT", "50ms", 50],
    ["FIRST_BYTE_TIMEOUT", "3s", 3000],
    ["FIRST_BYTE_TIMEOUT", "2m", 120_000],
    ["FIRST_BYTE_TIMEOUT", "1h", 3_600_000],
    ["FIRST_BYTE_TIMEOUT", "3600000ms", 3_600_000],
    ["DRAIN_TIMEOUT", "0s", 0],
    ["ACCESS_LOG", "text", "text"],
    ["ACCESS_LOG", "json", "json"],
    ["ACCESS_LOG", "off", "off"],
  ] as const satisfies (readonly [Scalar, string, Config[Scalar]])[]
) {
  Deno.test(`schema: ${name}=${JSON.stringify(text)} is ${value}`, () => {
    assertEquals(parseConfig({ ...USERS, [name]: text })[name], value);
  });
}

const FIRST_BYTE = "must be a duration of 50ms to 1h, such as 500ms, 30s or 5m";
const DRAIN = "must be a duration of 0ms to 1h, such as 500ms, 30s or 5m";
const TUNNEL = "must be a duration of 50ms to 24h, such as 500ms, 30s or 5m";
const SIZE = "must be 1KiB to 1MiB, such as 16KiB";
const CONNECTIONS = "must be 1 to 1000000";
const PORT = "must be 1 to 65535";
const ATTEMPTS = "must be 1 to 1000, or unset to try every backend once";
const HOST = "must be a host name or address without port";
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
    ["HOST", "[::1]", HOST],
    ["HOST", "http://a", HOST],
    ["HOST", "a/b", HOST],
    ["ENGINE", "tcp2", "must be web or tcp"],
    ["ENGINE", "WEB", "must be web or tcp"],
    ["CONNECT_TIMEOUT", "off", FIRST_BYTE],
    ["IDLE_TIMEOUT", "49ms", FIRST_BYTE],
    ["BACKEND_IDLE_TIMEOUT", "2h", FIRST_BYTE],
    ["TUNNEL_IDLE_TIMEOUT", "25h", TUNNEL],
    ["HEADER_TIMEOUT", "0s", FIRST_BYTE],
    ["KEEP_ALIVE_TIMEOUT", "60", FIRST_BYTE],
    ["MAX_HEADER_SIZE", "16384", SIZE],
    ["MAX_HEADER_SIZE", "16KB", SIZE],
    ["MAX_HEADER_SIZE", "0KiB", SIZE],
    ["MAX_HEADER_SIZE", "2MiB", SIZE],
    ["MAX_CONNECTIONS", "0", CONNECTIONS],
    ["MAX_CONNECTIONS", "off", CONNECTIONS],
    ["POLICY", "rr", "must be round_robin"],
    ["POLICY", "toString", "must be round_robin"],
    ["MAX_ATTEMPTS", "0", ATTEMPTS],
    ["MAX_ATTEMPTS", "1001", ATTEMPTS],
    ["MAX_ATTEMPTS", "-1", ATTEMPTS],
    ["MAX_ATTEMPTS", "Infinity", ATTEMPTS],
    ["FIRST_BYTE_TIMEOUT", "49ms", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "0s", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "61m", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "30", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "30 s", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "1.5s", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "-1s", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "1d", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "30S", FIRST_BYTE],
    ["FIRST_BYTE_TIMEOUT", "off", FIRST_BYTE],
    ["DRAIN_TIMEOUT", "2h", DRAIN],
    ["DRAIN_TIMEOUT", "s", DRAIN],
    ["ACCESS_LOG", "xml", LOG],
    ["ACCESS_LOG", "on", LOG],
  ] as const
) {
  Deno.test(`schema: ${name}=${JSON.stringify(text)} is refused: ${message}`, () => {
    const { error } = Settings.safeParse({ ...USERS, [name]: text });
    assertEquals(error?.issues.map((issue) => [...issue.path, issue.message]), [[name, message]]);
  });
}
