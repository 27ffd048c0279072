/**
 * The settings: what each may be, its default, and how it is read. Unknown text in, a Config out, or
 * every problem at once.
 */
import { z } from "zod";
import { POLICIES, type PolicyName } from "../policies/mod.ts";
import { readBackends } from "./backends.ts";
import { readNetworks } from "./networks.ts";
import { type Read, reading, setting } from "./setting.ts";

const HOUR = 60 * 60 * 1000;
const KIB = 1024;

/** What applies where nothing is set, as a user would write it. `USERS_SERVICE` has no default. */
export const DEFAULTS = {
  USERS_SERVICE: "",
  PORT: "5000",
  HOST: "0.0.0.0",
  ENGINE: "web",
  POLICY: "round_robin",
  MAX_ATTEMPTS: "every backend once",
  CONNECT_TIMEOUT: "2s",
  FIRST_BYTE_TIMEOUT: "60s",
  IDLE_TIMEOUT: "60s",
  BACKEND_IDLE_TIMEOUT: "4s",
  TUNNEL_IDLE_TIMEOUT: "1h",
  HEADER_TIMEOUT: "10s",
  KEEP_ALIVE_TIMEOUT: "60s",
  MAX_HEADER_SIZE: "16KiB",
  MAX_CONNECTIONS: "10000",
  DRAIN_TIMEOUT: "30s",
  TRUSTED_PROXIES: "none",
  ACCESS_LOG: "text",
} as const;

/** How each setting is read. All are text: that is what an environment holds. */
export const Settings = z.object({
  USERS_SERVICE: setting(DEFAULTS.USERS_SERVICE, readBackends),
  PORT: setting(DEFAULTS.PORT, (text) => wholeNumber(text, 1, 65535)),
  HOST: setting(DEFAULTS.HOST, readHost),
  ENGINE: setting(DEFAULTS.ENGINE, (text) => oneOf(text, ["web", "tcp"] as const)),
  POLICY: setting(DEFAULTS.POLICY, (text) => oneOf(text, Object.keys(POLICIES) as PolicyName[])),
  MAX_ATTEMPTS: setting(DEFAULTS.MAX_ATTEMPTS, readMaxAttempts),
  CONNECT_TIMEOUT: timeout(DEFAULTS.CONNECT_TIMEOUT),
  FIRST_BYTE_TIMEOUT: timeout(DEFAULTS.FIRST_BYTE_TIMEOUT),
  IDLE_TIMEOUT: timeout(DEFAULTS.IDLE_TIMEOUT),
  BACKEND_IDLE_TIMEOUT: timeout(DEFAULTS.BACKEND_IDLE_TIMEOUT),
  TUNNEL_IDLE_TIMEOUT: timeout(DEFAULTS.TUNNEL_IDLE_TIMEOUT, 24 * HOUR),
  HEADER_TIMEOUT: timeout(DEFAULTS.HEADER_TIMEOUT),
  KEEP_ALIVE_TIMEOUT: timeout(DEFAULTS.KEEP_ALIVE_TIMEOUT),
  MAX_HEADER_SIZE: setting(DEFAULTS.MAX_HEADER_SIZE, (text) => size(text, 1, 1024)),
  MAX_CONNECTIONS: setting(DEFAULTS.MAX_CONNECTIONS, (text) => wholeNumber(text, 1, 1_000_000)),
  DRAIN_TIMEOUT: setting(DEFAULTS.DRAIN_TIMEOUT, (text) => duration(text, 0, HOUR)),
  TRUSTED_PROXIES: setting(DEFAULTS.TRUSTED_PROXIES, readNetworks),
  ACCESS_LOG: setting(DEFAULTS.ACCESS_LOG, (text) => oneOf(text, ["text", "json", "off"])),
});

export type Config = z.output<typeof Settings>;
export type SettingName = keyof Config;

/** The names of all settings. */
export const SETTING_NAMES = Object.keys(DEFAULTS) as SettingName[];

function wholeNumber(text: string, from: number, to: number): Read<number> {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  return number >= from && number <= to ? reading(number) : `must be ${from} to ${to}`;
}

function oneOf<Name extends string>(text: string, names: readonly Name[]): Read<Name> {
  const name = names.find((name) => name === text);
  return name === undefined ? `must be ${names.join(" or ")}` : reading(name);
}

function readHost(text: string): Read<string> {
  return /^[A-Za-z0-9.:_-]+$/.test(text)
    ? reading(text)
    : "must be a host name or address without port";
}

function readMaxAttempts(text: string): Read<number> {
  if (text === DEFAULTS.MAX_ATTEMPTS) return reading(Infinity);
  const number = wholeNumber(text, 1, 1000);
  return typeof number === "string" ? `${number}, or unset to try every backend once` : number;
}

/** A timeout that is long enough to be kept by a coarse clock. */
function timeout(whenUnset: string, longest = HOUR) {
  return setting(whenUnset, (text) => duration(text, 50, longest));
}

/** `16KiB` or `1MiB`, in bytes. @param from and to in KiB */
function size(text: string, from: number, to: number): Read<number> {
  const [, digits, unit] = /^(\d{1,9}) ?(KiB|MiB)$/.exec(text) ?? [];
  const kibibytes = unit === undefined ? NaN : Number(digits) * (unit === "MiB" ? KIB : 1);
  if (kibibytes >= from && kibibytes <= to) return reading(kibibytes * KIB);
  return `must be ${from}KiB to ${to / KIB}MiB, such as 16KiB`;
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: HOUR };

/** `500ms`, `30s`, `5m` or `1h`, in milliseconds. */
function duration(text: string, from: number, to: number): Read<number> {
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  const milliseconds = unit === undefined ? NaN : Number(digits) * UNITS[unit]!;
  if (milliseconds >= from && milliseconds <= to) return reading(milliseconds);
  return `must be a duration of ${from}ms to ${to / HOUR}h, such as 500ms, 30s or 5m`;
}
