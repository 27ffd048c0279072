/** The settings: their names, defaults and rules. Texts are parsed to a Config, or to every problem. */
import { z } from "zod";
import { type HashOn, POLICY_NAMES } from "./model.ts";
import { readBackends } from "./backends.ts";
import { readHost } from "./host.ts";
import { readNetworks } from "./networks.ts";
import { type Read, reading, rephrase } from "./reading.ts";
import { setting } from "./setting.ts";
import { readStatuses } from "./statuses.ts";
import { suggest } from "./suggest.ts";
import {
  duration,
  HOUR_MS,
  oneOf,
  onOff,
  orWord,
  percentage,
  size,
  wholeNumber,
} from "./values.ts";

const MINUTE_MS = HOUR_MS / 60;
const MILLION = 1_000_000;

/** The shortest timeout, as the clock ticks every 50 ms (lib/time/clock.ts). */
const MIN_TIMEOUT_MS = 50;

const MIN_SECRET_CHARACTERS = 16;

/** The name of a header, of a cookie or in Via: a token (RFC 9110, 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

/** The path of a probe, and its query. */
const PATH = /^\/(?:(?!#)[!-~])*$/;

/** The defaults, as a user would write them. `USERS_SERVICE` has none. */
export const DEFAULTS = {
  USERS_SERVICE: "",
  PORT: "5000",
  HOST: "0.0.0.0",
  ADMIN_PORT: "5001",
  ADMIN_HOST: "127.0.0.1",
  ENGINE: "web",
  INSTANCE_NAME: "random",
  POLICY: "round_robin",
  HASH_ON: "address",
  HASH_BALANCE: "off",
  STICKY_COOKIE: "off",
  STICKY_SECRET: "derived",
  MAX_ATTEMPTS: "every backend once",
  RETRY_BUDGET: "20%",
  CONNECT_TIMEOUT: "2s",
  FIRST_BYTE_TIMEOUT: "60s",
  IDLE_TIMEOUT: "60s",
  REQUEST_TIMEOUT: "off",
  HEALTH_PATH: "off",
  HEALTH_STATUS: "200-399",
  HEALTH_INTERVAL: "5s",
  HEALTH_TIMEOUT: "2s",
  HEALTH_RISE: "2",
  HEALTH_FALL: "3",
  EJECT_AFTER: "5",
  EJECT_TIME: "10s",
  EJECT_MAX: "50%",
  EJECT_ON_5XX: "off",
  SLOW_START: "10s",
  MAX_IN_FLIGHT: "10000",
  BACKEND_MAX_IN_FLIGHT: "off",
  MAX_HEADER_SIZE: "16KiB",
  MAX_HEADER_LINES: "100",
  BACKEND_IDLE_TIMEOUT: "4s",
  TUNNEL_IDLE_TIMEOUT: "1h",
  HALF_CLOSED_TIMEOUT: "30s",
  HEADER_TIMEOUT: "10s",
  KEEP_ALIVE_TIMEOUT: "60s",
  MAX_CONNECTIONS: "10000",
  DRAIN_TIMEOUT: "30s",
  TRUSTED_PROXIES: "none",
  WORKERS: "1",
  ACCESS_LOG: "text",
} as const;

/** The schema of all settings. Each is given as text, as in the environment. */
export const Settings = z.object({
  USERS_SERVICE: setting(DEFAULTS.USERS_SERVICE, readBackends),
  PORT: setting(DEFAULTS.PORT, (text) => wholeNumber(text, 1, 65535)),
  HOST: setting(DEFAULTS.HOST, (text) => readHost(text, "PORT")),
  ADMIN_PORT: setting(DEFAULTS.ADMIN_PORT, readAdminPort),
  ADMIN_HOST: setting(DEFAULTS.ADMIN_HOST, (text) => readHost(text, "ADMIN_PORT")),
  ENGINE: setting(DEFAULTS.ENGINE, (text) => oneOf(text, ["web", "tcp"] as const)),
  INSTANCE_NAME: setting(DEFAULTS.INSTANCE_NAME, readInstanceName),
  POLICY: setting(DEFAULTS.POLICY, (text) => oneOf(text, POLICY_NAMES)),
  HASH_ON: setting(DEFAULTS.HASH_ON, readHashOn),
  HASH_BALANCE: setting(DEFAULTS.HASH_BALANCE, readHashBalance),
  STICKY_COOKIE: setting(DEFAULTS.STICKY_COOKIE, readStickyCookie),
  STICKY_SECRET: setting(DEFAULTS.STICKY_SECRET, readStickySecret),
  MAX_ATTEMPTS: setting(DEFAULTS.MAX_ATTEMPTS, readMaxAttempts),
  RETRY_BUDGET: setting(DEFAULTS.RETRY_BUDGET, readRetryBudget),
  CONNECT_TIMEOUT: timeout(DEFAULTS.CONNECT_TIMEOUT),
  FIRST_BYTE_TIMEOUT: timeout(DEFAULTS.FIRST_BYTE_TIMEOUT),
  IDLE_TIMEOUT: timeout(DEFAULTS.IDLE_TIMEOUT),
  REQUEST_TIMEOUT: setting(
    DEFAULTS.REQUEST_TIMEOUT,
    (text) => orWord("off", Infinity, text, (text) => duration(text, MIN_TIMEOUT_MS, 24 * HOUR_MS)),
  ),
  HEALTH_PATH: setting(DEFAULTS.HEALTH_PATH, readHealthPath),
  HEALTH_STATUS: setting(DEFAULTS.HEALTH_STATUS, readStatuses),
  HEALTH_INTERVAL: timeout(DEFAULTS.HEALTH_INTERVAL),
  HEALTH_TIMEOUT: timeout(DEFAULTS.HEALTH_TIMEOUT),
  HEALTH_RISE: setting(DEFAULTS.HEALTH_RISE, (text) => wholeNumber(text, 1, 100)),
  HEALTH_FALL: setting(DEFAULTS.HEALTH_FALL, (text) => wholeNumber(text, 1, 100)),
  EJECT_AFTER: setting(
    DEFAULTS.EJECT_AFTER,
    (text) => orWord("off", Infinity, text, (text) => wholeNumber(text, 1, 1000)),
  ),
  EJECT_TIME: timeout(DEFAULTS.EJECT_TIME, 5 * MINUTE_MS),
  EJECT_MAX: setting(DEFAULTS.EJECT_MAX, percentage),
  EJECT_ON_5XX: setting(DEFAULTS.EJECT_ON_5XX, onOff),
  SLOW_START: setting(
    DEFAULTS.SLOW_START,
    (text) => orWord("off", 0, text, (text) => duration(text, MIN_TIMEOUT_MS, HOUR_MS)),
  ),
  MAX_IN_FLIGHT: setting(DEFAULTS.MAX_IN_FLIGHT, (text) => wholeNumber(text, 1, MILLION)),
  BACKEND_MAX_IN_FLIGHT: setting(
    DEFAULTS.BACKEND_MAX_IN_FLIGHT,
    (text) => orWord("off", Infinity, text, (text) => wholeNumber(text, 1, MILLION)),
  ),
  MAX_HEADER_SIZE: setting(DEFAULTS.MAX_HEADER_SIZE, (text) => size(text, 1, 1024)),
  MAX_HEADER_LINES: setting(DEFAULTS.MAX_HEADER_LINES, (text) => wholeNumber(text, 10, 1000)),
  BACKEND_IDLE_TIMEOUT: timeout(DEFAULTS.BACKEND_IDLE_TIMEOUT),
  TUNNEL_IDLE_TIMEOUT: timeout(DEFAULTS.TUNNEL_IDLE_TIMEOUT, 24 * HOUR_MS),
  HALF_CLOSED_TIMEOUT: timeout(DEFAULTS.HALF_CLOSED_TIMEOUT),
  HEADER_TIMEOUT: timeout(DEFAULTS.HEADER_TIMEOUT),
  KEEP_ALIVE_TIMEOUT: timeout(DEFAULTS.KEEP_ALIVE_TIMEOUT),
  MAX_CONNECTIONS: setting(DEFAULTS.MAX_CONNECTIONS, (text) => wholeNumber(text, 1, MILLION)),
  DRAIN_TIMEOUT: setting(DEFAULTS.DRAIN_TIMEOUT, (text) => duration(text, 0, HOUR_MS)),
  TRUSTED_PROXIES: setting(DEFAULTS.TRUSTED_PROXIES, readNetworks),
  WORKERS: setting(
    DEFAULTS.WORKERS,
    (text) => orWord<number | "auto">("auto", "auto", text, (text) => wholeNumber(text, 1, 256)),
  ),
  ACCESS_LOG: setting(DEFAULTS.ACCESS_LOG, (text) => oneOf(text, ["text", "json", "off"] as const)),
});

/** The parsed settings: plain data, so that they can be sent to workers. */
export type Config = z.output<typeof Settings>;
export type SettingName = keyof Config;

/** The names of all settings. */
export const SETTING_NAMES = Object.keys(DEFAULTS) as SettingName[];

function timeout(whenUnset: string, longest = HOUR_MS) {
  return setting(whenUnset, (text) => duration(text, MIN_TIMEOUT_MS, longest));
}

function readAdminPort(text: string): Read<number | undefined> {
  return orWord<number | undefined>("off", undefined, text, (text) => wholeNumber(text, 1, 65535));
}

function readInstanceName(text: string): Read<string | undefined> {
  if (text === DEFAULTS.INSTANCE_NAME) return reading(undefined);
  return TOKEN.test(text) ? reading(text) : "must be a name of 1 to 64 characters, such as edge-1";
}

function readHashOn(text: string): Read<HashOn> {
  if (text === "address" || text === "path") return reading({ by: text });
  const [, by, name] = /^(header|cookie):(.*)$/s.exec(text) ?? [];
  if (name !== undefined && TOKEN.test(name)) {
    return reading({ by: by as "header" | "cookie", name });
  }
  return {
    expected: "must be address or path or header:NAME or cookie:NAME",
    meant: suggest(text, ["address", "path"]),
  };
}

function readHashBalance(text: string): Read<number> {
  return orWord("off", Infinity, text, (text) => percentage(text, 101, 1000));
}

function readStickyCookie(text: string): Read<string | undefined> {
  return orWord<string | undefined>(
    "off",
    undefined,
    text,
    (text) =>
      TOKEN.test(text) && !/^(?:on|off|true|false)$/i.test(text)
        ? reading(text)
        : "must be a cookie name of 1 to 64 characters",
  );
}

/** An error shows no part of a secret. */
function readStickySecret(text: string): Read<string | undefined> {
  if (text === DEFAULTS.STICKY_SECRET) return reading(undefined);
  if (text.length >= MIN_SECRET_CHARACTERS) return reading(text);
  return [{ expected: `must have ${MIN_SECRET_CHARACTERS} characters or more`, shown: "***" }];
}

function readMaxAttempts(text: string): Read<number> {
  if (text === DEFAULTS.MAX_ATTEMPTS) return reading(Infinity);
  const number = wholeNumber(text, 1, 1000);
  return rephrase(number, (expected) => `${expected}, or unset to try every backend once`);
}

function readRetryBudget(text: string): Read<number> {
  return orWord("off", Infinity, text, percentage);
}

function readHealthPath(text: string): Read<string | undefined> {
  return orWord<string | undefined>(
    "off",
    undefined,
    text,
    (text) => {
      if (PATH.test(text)) return reading(text);
      const isPath = PATH.test(`/${text}`) && !/^(?:on|true)$|:/i.test(text);
      return {
        expected: "must be a path such as /healthz",
        meant: isPath ? `/${text}` : undefined,
      };
    },
  );
}
