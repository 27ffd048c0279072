/** The variables of the environment, and the settings that each of them sets. */
import { readBackendList } from "../values/backend_list.ts";
import { readDomains } from "../values/acme.ts";
import { readNetworks } from "../values/networks.ts";
import { onOff } from "../values/quantities.ts";
import { type Complaint, isReading, type Read, refusalOf } from "../values/reading.ts";
import type { Scalar } from "../schema/leaf.ts";
import type { Path } from "../tree/node.ts";

/** An item of a variable that is a list. */
export interface ListItem {
  /** A scalar, or an object of scalars. */
  readonly value: Scalar | Readonly<Record<string, Scalar>>;
  readonly shown: string;
  readonly place: string | undefined;
}

/** What a variable says: one value, or a list of which some entries may be wrong. */
export type Spoken =
  | { readonly value: Scalar }
  | { readonly items: readonly ListItem[]; readonly complaints: readonly Complaint[] };

export interface Variable {
  /** The setting that it sets. */
  readonly path: Path;
  /** Turns its text, without blanks around it, into what a file would say. Whether that is valid, the schema says. */
  readonly speak: (text: string) => Spoken;
  /** Whether no part of it is shown. */
  readonly isSecret?: boolean;
  /** The variable that must be set beside it. */
  readonly needs?: string;
  /** What it sets as well: settings with their values, or with the variable that has them. */
  readonly also?: readonly (readonly [path: Path, value: Scalar | { readonly variable: string }])[];
}

const SWITCH_WORDS: Readonly<Record<string, string>> = { true: "on", false: "off" };

const text = (...path: Path): Variable => ({ path, speak: (text) => ({ value: text }) });

/** `off` where that is allowed; other programs write `false`. */
const word = (...path: Path): Variable => ({
  path,
  speak: (text) => ({ value: text === "false" ? "off" : text }),
});

const number = (...path: Path): Variable => ({
  path,
  speak: (text) => ({ value: /^\d{1,15}$/.test(text) ? Number(text) : SWITCH_WORDS[text] ?? text }),
});

const flag = (...path: Path): Variable => ({
  path,
  speak(text) {
    const read = onOff(text);
    return { value: isReading(read) ? read.value : text };
  },
});

/** By name, in the order in which help, errors and reports list them. */
export const VARIABLES = {
  USERS_SERVICE: { path: ["pools", "users", "backends"], speak: speakBackends },
  PORT: number("listeners", "http", "port"),
  HOST: text("listeners", "http", "host"),
  TLS_CERT: {
    ...text("listeners", "http", "tls", "certificates", 0, "cert"),
    needs: "TLS_KEY",
  },
  TLS_KEY: { ...text("listeners", "http", "tls", "certificates", 0, "key"), needs: "TLS_CERT" },
  ACME_DOMAINS: {
    path: ["listeners", "http", "tls", "acme", "domains"],
    speak: speakDomains,
    // Authorities ask there for proof.
    also: [
      [["listeners", "challenges", "port"], 80],
      [["listeners", "challenges", "host"], { variable: "HOST" }],
      [["listeners", "challenges", "redirectToHttps"], true],
    ],
  },
  ACME_EMAIL: { ...text("listeners", "http", "tls", "acme", "email"), needs: "ACME_DOMAINS" },
  ADMIN_PORT: number("admin", "port"),
  ADMIN_HOST: text("admin", "host"),
  ADMIN_TOKEN: { ...text("admin", "token"), isSecret: true },
  ENGINE: text("engine"),
  IO: text("io"),
  INSTANCE_NAME: text("instance"),
  POLICY: text("defaults", "policy", "name"),
  HASH_ON: text("defaults", "policy", "on"),
  HASH_BALANCE: word("defaults", "policy", "balance"),
  STICKY_COOKIE: word("pools", "users", "sticky", "cookie"),
  STICKY_SECRET: { ...text("pools", "users", "sticky", "secret"), isSecret: true },
  MAX_ATTEMPTS: {
    path: ["defaults", "retry", "attempts"],
    speak: (text) => text === "every backend once" ? { value: "all" } : number().speak(text),
  },
  RETRY_BUDGET: word("defaults", "retry", "budget"),
  CONNECT_TIMEOUT: text("defaults", "timeouts", "connect"),
  FIRST_BYTE_TIMEOUT: text("defaults", "timeouts", "firstByte"),
  IDLE_TIMEOUT: text("defaults", "timeouts", "idle"),
  REQUEST_TIMEOUT: word("defaults", "timeouts", "request"),
  HEALTH_PATH: word("defaults", "health", "path"),
  HEALTH_STATUS: text("defaults", "health", "status"),
  HEALTH_INTERVAL: text("defaults", "health", "interval"),
  HEALTH_TIMEOUT: text("defaults", "health", "timeout"),
  HEALTH_RISE: number("defaults", "health", "rise"),
  HEALTH_FALL: number("defaults", "health", "fall"),
  EJECT_AFTER: number("defaults", "ejection", "after"),
  EJECT_TIME: text("defaults", "ejection", "time"),
  EJECT_MAX: text("defaults", "ejection", "max"),
  EJECT_ON_5XX: flag("defaults", "ejection", "on5xx"),
  SLOW_START: word("defaults", "slowStart"),
  MAX_IN_FLIGHT: number("limits", "inFlight"),
  BACKEND_MAX_IN_FLIGHT: number("defaults", "limits", "backendInFlight"),
  MAX_HEADER_SIZE: text("limits", "headerSize"),
  MAX_HEADER_LINES: number("limits", "headerLines"),
  BACKEND_IDLE_TIMEOUT: text("defaults", "timeouts", "backendIdle"),
  TUNNEL_IDLE_TIMEOUT: text("defaults", "timeouts", "tunnelIdle"),
  HALF_CLOSED_TIMEOUT: text("defaults", "timeouts", "halfClosed"),
  HEADER_TIMEOUT: text("timeouts", "header"),
  KEEP_ALIVE_TIMEOUT: text("timeouts", "keepAlive"),
  MAX_CONNECTIONS: number("limits", "connections"),
  DRAIN_TIMEOUT: text("timeouts", "drain"),
  DNS_SERVER: text("dns", "server"),
  TRUSTED_PROXIES: { path: ["trustedProxies"], speak: speakNetworks },
  WORKERS: number("workers"),
  ACCESS_LOG: word("log", "access"),
} satisfies Record<string, Variable>;

export type VariableName = keyof typeof VARIABLES;

export const VARIABLE_NAMES = Object.keys(VARIABLES) as VariableName[];

/** The variable that names the configuration file. */
export const FILE_VARIABLE = "CONFIG";

/** All names that `.env` may have. */
export const SETTING_NAMES: readonly string[] = [...VARIABLE_NAMES, FILE_VARIABLE];

function speakBackends(text: string): Spoken {
  const { backends, complaints } = readBackendList(text);
  const items = backends.map(({ url, weight, shown, place }): ListItem => ({
    value: weight === undefined ? url : { url, weight },
    shown,
    place,
  }));
  return { items, complaints };
}

function speakNetworks(text: string): Spoken {
  return speakList(readNetworks(text), text);
}

function speakDomains(text: string): Spoken {
  return speakList(readDomains(text), text);
}

function speakList(read: Read<readonly string[]>, text: string): Spoken {
  if (isReading(read)) {
    const items = read.value.map((value) => ({ value, shown: value, place: undefined }));
    return { items, complaints: [] };
  }
  const refusal = refusalOf(read);
  const complaints = refusal === undefined
    ? read as readonly Complaint[]
    : [{ ...refusal, shown: text }];
  return { items: [], complaints };
}

/** The variable that sets a setting; undefined if none does. */
export function variableOf(path: Path): VariableName | undefined {
  const wanted = path.join(".");
  return VARIABLE_NAMES.find((name) => VARIABLES[name].path.join(".") === wanted);
}
