/** Parses the kinds of values that several settings share: numbers, durations, sizes, choices. */
import { isReading, type Read, reading } from "./setting.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
const KIB = 1024;

/** A whole number. @param from and to are both allowed */
export function wholeNumber(text: string, from: number, to: number): Read<number> {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  return number >= from && number <= to ? reading(number) : `must be ${from} to ${to}`;
}

/** A word with a meaning of its own, such as `off`, or else what `read` parses. */
export function orWord<Value>(
  word: string,
  meaning: Value,
  text: string,
  read: (text: string) => Read<Value>,
): Read<Value> {
  if (text === word) return reading(meaning);
  const result = read(text);
  return typeof result === "string" ? `${result}, or ${word}` : result;
}

/** One of several names. */
export function oneOf<Name extends string>(text: string, names: readonly Name[]): Read<Name> {
  const name = names.find((name) => name === text);
  return name === undefined ? `must be ${names.join(" or ")}` : reading(name);
}

export function onOff(text: string): Read<boolean> {
  const word = oneOf(text, ["on", "off"]);
  return isReading(word) ? reading(word.value === "on") : word;
}

/** `20%`, as 0.2. @param from and to in percent */
export function percentage(text: string, from = 0, to = 100): Read<number> {
  const [, digits] = /^(\d{1,4})%$/.exec(text) ?? [];
  const percent = digits === undefined ? NaN : Number(digits);
  return percent >= from && percent <= to ? reading(percent / 100) : `must be ${from}% to ${to}%`;
}

/** `16KiB` or `1MiB`, in bytes. @param from and to in KiB */
export function size(text: string, from: number, to: number): Read<number> {
  const [, digits, unit] = /^(\d{1,9}) ?(KiB|MiB)$/.exec(text) ?? [];
  const kibibytes = unit === undefined ? NaN : Number(digits) * (unit === "MiB" ? KIB : 1);
  if (kibibytes >= from && kibibytes <= to) return reading(kibibytes * KIB);
  return `must be ${from}KiB to ${to / KIB}MiB, such as 16KiB`;
}

const UNITS: Record<string, number> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS };

/** `500ms`, `30s`, `5m` or `1h`, in milliseconds. @param from and to in milliseconds */
export function duration(text: string, from: number, to: number): Read<number> {
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  const milliseconds = unit === undefined ? NaN : Number(digits) * UNITS[unit]!;
  if (milliseconds >= from && milliseconds <= to) return reading(milliseconds);
  return `must be a duration of ${formatDuration(from)} to ${
    formatDuration(to)
  }, such as 500ms, 30s or 5m`;
}

/** A duration as a user would write it. */
function formatDuration(milliseconds: number): string {
  if (milliseconds % HOUR_MS === 0 && milliseconds > 0) return `${milliseconds / HOUR_MS}h`;
  if (milliseconds % MINUTE_MS === 0 && milliseconds > 0) return `${milliseconds / MINUTE_MS}m`;
  return `${milliseconds}ms`;
}
