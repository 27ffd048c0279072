/** The kinds of values that many settings share. */
import { z } from "zod";
import { type Read, reading } from "../values/reading.ts";
import {
  duration,
  formatDuration,
  formatShare,
  formatSize,
  oneOf,
  onOff,
  orWord,
  percentage,
  size,
  wholeNumber,
} from "../values/quantities.ts";
import { readHost } from "../values/host.ts";
import { readNetwork } from "../values/networks.ts";
import type { Statuses } from "../../http/status_ranges.ts";
import { formatStatuses, readStatuses } from "../values/statuses.ts";
import { suggest } from "../values/suggest.ts";
import { isAuthority } from "../../http/authority.ts";
import { isIP } from "../../net/is_ip.ts";
import type { ProxyVersion } from "../../net/proxy_header/write.ts";
import { leaf } from "./leaf.ts";
import { list } from "./section.ts";

/** The shortest timeout, as the clock ticks every 50 ms (lib/time/clock.ts). */
const MIN_TIMEOUT_MS = 50;
const HOUR_MS = 3_600_000;

/** The name of a listener, pool or route. It stands in logs, in paths of the API and in `split`. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const DURATION_PATTERN = "(?:[0-9]{1,9} ?(?:ms|s|m|h|d) ?)+";
const SIZE_PATTERN = "[0-9]{1,9} ?(?:KiB|MiB)";
const SHARE_PATTERN = "[0-9]{1,4} ?%";

export function integer(from: number, to: number) {
  return leaf({
    type: "number",
    read: (text) => wholeNumber(text, from, to),
    json: { type: "integer", minimum: from, maximum: to },
  });
}

/** A whole number, or a word such as `off` that stands for a value of its own. */
export function integerOr<Meaning>(word: string, meaning: Meaning, from: number, to: number) {
  return leaf<number | Meaning>({
    type: "number",
    words: [word],
    read: (text) =>
      orWord<number | Meaning>(word, meaning, text, (text) => wholeNumber(text, from, to)),
    write: (value) => value === meaning ? word : value as number,
    json: { anyOf: [{ type: "integer", minimum: from, maximum: to }, { const: word }] },
  });
}

/** In milliseconds. @param longest and shortest that are allowed */
export function time(longest = HOUR_MS, shortest = MIN_TIMEOUT_MS) {
  return leaf({
    type: "string",
    read: (text) => duration(text, shortest, longest),
    write: formatDuration,
    json: {
      type: "string",
      pattern: `^${DURATION_PATTERN}$`,
      examples: [shortest > 500 ? "5s" : "500ms", "30s", "1m30s"],
    },
  });
}

/** In milliseconds, or `off`. @param off the value that `off` stands for */
export function timeOr(
  off: number,
  longest: number,
  shortest = MIN_TIMEOUT_MS,
  example = "30s",
) {
  return leaf({
    type: "string",
    read: (text) => orWord("off", off, text, (text) => duration(text, shortest, longest)),
    write: (value) => value === off ? "off" : formatDuration(value),
    json: { type: "string", pattern: `^(?:off|${DURATION_PATTERN})$`, examples: ["off", example] },
  });
}

/** In bytes. @param from and to in KiB */
export function bytes(from: number, to: number) {
  return leaf({
    type: "string",
    read: (text) => size(text, from, to),
    write: formatSize,
    json: { type: "string", pattern: `^${SIZE_PATTERN}$`, examples: ["16KiB", "1MiB"] },
  });
}

/** In bytes, or `off`: Infinity. @param from and to in KiB */
export function bytesOrOff(from: number, to: number) {
  return leaf({
    type: "string",
    read: (text) => orWord("off", Infinity, text, (text) => size(text, from, to)),
    write: (value) => value === Infinity ? "off" : formatSize(value),
    json: { type: "string", pattern: `^(?:off|${SIZE_PATTERN})$`, examples: ["off", "10MiB"] },
  });
}

/** `20%`, as 0.2. @param from and to in percent */
export function share(from = 0, to = 100) {
  return leaf({
    type: "string",
    read: (text) => percentage(text, from, to),
    write: formatShare,
    json: { type: "string", pattern: `^${SHARE_PATTERN}$`, examples: [example(from)] },
  });
}

/** The same, or `off`: Infinity. */
export function shareOrOff(from = 0, to = 100) {
  return leaf({
    type: "string",
    read: (text) => orWord("off", Infinity, text, (text) => percentage(text, from, to)),
    write: (value) => value === Infinity ? "off" : formatShare(value),
    json: {
      type: "string",
      pattern: `^(?:off|${SHARE_PATTERN})$`,
      examples: ["off", example(from)],
    },
  });
}

/** A share that is often chosen. */
function example(from: number): string {
  return from > 100 ? "125%" : "20%";
}

export function choice<Name extends string>(names: readonly Name[]) {
  return leaf({ type: "string", read: (text) => oneOf(text, names), json: { enum: [...names] } });
}

/** true or false; `on` and `off` in a variable. */
export function toggle() {
  return leaf({
    type: "boolean",
    read: onOff,
    json: { type: "boolean" },
  });
}

export const off = leaf({
  type: "string",
  isWord: true,
  read: (text): Read<undefined> =>
    text === "off"
      ? reading(undefined)
      : { expected: "must be off", meant: suggest(text, ["off"]) },
  write: () => "off",
  json: { const: "off" },
});

export const port = () => integer(1, 65535);

/** The version of PROXY headers. */
export const proxyVersion = leaf({
  type: "number",
  read: (text) => wholeNumber(text, 1, 2) as Read<ProxyVersion>,
  json: { type: "integer", minimum: 1, maximum: 2 },
});

export const host = () =>
  leaf({ type: "string", read: readHost, json: { type: "string", examples: ["127.0.0.1", "::"] } });

export const network = leaf({
  type: "string",
  read: (text) => /[\s,;]/.test(text) ? "must be one address or CIDR range" : readNetwork(text),
  json: { type: "string", examples: ["10.0.0.0/8", "fd00::/8"] },
});

export const statuses = () =>
  leaf({
    type: "string",
    read: readStatuses,
    write: formatStatuses,
    json: { type: "string", examples: ["200-399", "2xx", "200,204"] },
  });

/** The same, or `off`: undefined. */
export const statusesOrOff = () =>
  leaf<Statuses | undefined>({
    type: "string",
    read: (text) => orWord<Statuses | undefined>("off", undefined, text, readStatuses),
    write: (value) => value === undefined ? "off" : formatStatuses(value),
    json: { type: "string", examples: ["off", "502-504"] },
  });

/** The name of a listener, pool or route. */
export const name = leaf({
  type: "string",
  read: (text) =>
    NAME.test(text)
      ? reading(text)
      : "must be a name of 1 to 64 letters, digits, dots, hyphens and underscores",
  json: { type: "string", pattern: NAME.source },
});

/** A path of a file, relative to the configuration file. */
export const filePath = leaf({
  type: "string",
  read: (text) => text === "" ? "must be the path of a file" : reading(text),
  json: { type: "string", minLength: 1 },
});

/** An address of a client, for trying. */
export const address = leaf({
  type: "string",
  read: (text) => isIP(text) === 0 ? "must be an IP address" : reading(text),
  json: { type: "string", examples: ["192.0.2.1", "2001:db8::1"] },
});

/** The Host of requests: a name or an address, and a port if it is not the usual one. */
export const hostHeader = leaf({
  type: "string",
  read: (text) => isAuthority(text) ? reading(text) : "must be a host, or a host and a port",
  json: { type: "string", examples: ["users.internal", "users.internal:8080"] },
});

/** One value, or a list of values. @param of what */
export function oneOrMore<Schema extends z.ZodType>(schema: Schema, of: string) {
  return z.union([
    schema.transform((value) => [value]),
    list(schema, of).min(1, "must not be empty"),
  ]);
}
