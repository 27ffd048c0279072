/** Parses the kinds of values that several settings share: numbers, durations, sizes, choices. */
import { isReading, type Read, reading, refusalOf, rephrase } from "./reading.ts";
import { suggest } from "./suggest.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
const KIB = 1024;

/** Other words for `on` and `off`. */
const SWITCH_WORDS: Readonly<Record<string, string>> = { true: "on", false: "off" };

/** A whole number. @param from and to are both allowed */
export function wholeNumber(text: string, from: number, to: number): Read<number> {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (number >= from && number <= to) return reading(number);
  const grouped = /^\d{1,3}(?:[_,' ]\d{3})+$/.test(text) ? Number(text.replace(/\D/g, "")) : NaN;
  const meant = grouped >= from && grouped <= to ? String(grouped) : undefined;
  return { expected: `must be ${from} ${to === from + 1 ? "or" : "to"} ${to}`, meant };
}

/** A word with a meaning of its own, such as `off`, or else what `read` parses. */
export function orWord<Value>(
  word: string,
  meaning: Value,
  text: string,
  read: (text: string) => Read<Value>,
): Read<Value> {
  if (text === word || SWITCH_WORDS[text] === word) return reading(meaning);
  const result = rephrase(read(text), (expected) => `${expected}, or ${word}`);
  const refusal = isReading(result) ? undefined : refusalOf(result);
  return refusal === undefined
    ? result
    : { ...refusal, meant: refusal.meant ?? suggest(text, [word]) };
}

/** One of several names; `true` and `false` are `on` and `off`. */
export function oneOf<Name extends string>(text: string, names: readonly Name[]): Read<Name> {
  const meaning = Object.hasOwn(SWITCH_WORDS, text) ? SWITCH_WORDS[text] : text;
  const name = names.find((name) => name === meaning);
  if (name !== undefined) return reading(name);
  return { expected: `must be ${names.join(" or ")}`, meant: suggest(text, names) };
}

export function onOff(text: string): Read<boolean> {
  const word = oneOf(text, ["on", "off"]);
  if (isReading(word)) return reading(word.value === "on");
  const meant = /^(?:yes|y|1|enabled?)$/i.test(text)
    ? "on"
    : /^(?:no?|0|disabled?)$/i.test(text)
    ? "off"
    : undefined;
  return { ...refusalOf(word)!, ...(meant !== undefined && { meant }) };
}

/** `20%`, as 0.2. @param from and to in percent */
export function percentage(text: string, from = 0, to = 100): Read<number> {
  const [, digits] = /^(\d{1,4}) ?%$/.exec(text) ?? [];
  const percent = digits === undefined ? NaN : Number(digits);
  if (percent >= from && percent <= to) return reading(percent / 100);
  const share = /^\d{1,4}(?:\.\d{1,2})?$/.test(text) ? Number(text) : NaN;
  const meant = Math.round(text.includes(".") ? share * 100 : share);
  return {
    expected: `must be ${from}% to ${to}%`,
    meant: meant >= from && meant <= to ? `${meant}%` : undefined,
  };
}

/** `16KiB` or `1MiB`, in bytes. @param from and to in KiB */
export function size(text: string, from: number, to: number): Read<number> {
  const [, digits, unit] = /^(\d{1,9}) ?(KiB|MiB)$/.exec(text) ?? [];
  const kibibytes = unit === undefined ? NaN : Number(digits) * (unit === "MiB" ? KIB : 1);
  if (kibibytes >= from && kibibytes <= to) return reading(kibibytes * KIB);
  const meant = guessKibibytes(text);
  return {
    expected: `must be ${formatKibibytes(from)} to ${formatKibibytes(to)}, such as 16KiB`,
    meant: meant >= from && meant <= to ? formatKibibytes(meant) : undefined,
  };
}

/** What `16k`, `16KB` or `16384` stands for. @returns NaN if it is no size at all */
function guessKibibytes(text: string): number {
  const [, digits, unit = ""] = /^(\d{1,9}) ?(k|kb|kib|m|mb|mib|b|)$/i.exec(text) ?? [];
  if (digits === undefined) return NaN;
  const letter = unit[0]?.toLowerCase();
  if (letter === "k") return Number(digits);
  if (letter === "m") return Number(digits) * KIB;
  return Number(digits) % KIB === 0 ? Number(digits) / KIB : NaN;
}

/** A size as a user would write it. @param bytes a multiple of 1024 */
export function formatSize(bytes: number): string {
  return formatKibibytes(bytes / KIB);
}

/** `20%` for 0.2. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)}%`;
}

function formatKibibytes(kibibytes: number): string {
  return kibibytes % KIB === 0 ? `${kibibytes / KIB}MiB` : `${kibibytes}KiB`;
}

const UNITS: Record<string, number> = {
  ms: 1,
  s: SECOND_MS,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
};

/** `500ms`, `30s`, `1m30s`, `1h` or `180d`, in milliseconds. @param from and to in milliseconds */
export function duration(text: string, from: number, to: number): Read<number> {
  const milliseconds = sumOf(text);
  if (milliseconds >= from && milliseconds <= to) return reading(milliseconds);
  const meant = guessDuration(text);
  return {
    expected: `must be a duration of ${formatDuration(from)} to ${formatDuration(to)}, ` +
      "such as 500ms, 30s or 5m",
    meant: meant >= from && meant <= to ? formatDuration(meant) : undefined,
  };
}

/** Adds numbers with units, each unit once and the larger before the smaller. @returns NaN if it is none */
function sumOf(text: string): number {
  let sum = NaN, previous = Infinity;
  for (let rest = text; rest !== "";) {
    const [part = "", digits, letters = ""] = /^(\d{1,9}) ?(ms|[smhd])(?:$| ?(?=\d))/.exec(rest) ??
      [];
    const unit = UNITS[letters] ?? Infinity;
    if (unit >= previous) return NaN;
    sum = (previous === Infinity ? 0 : sum) + Number(digits) * unit;
    previous = unit;
    rest = rest.slice(part.length);
  }
  return sum;
}

/** Other words for units; a number without a unit is taken for seconds. */
const UNIT_WORDS: readonly (readonly [words: RegExp, unit: number])[] = [
  [/^(?:ms|msecs?|millis?|milliseconds?)$/i, 1],
  [/^(?:|s|secs?|seconds?)$/i, SECOND_MS],
  [/^(?:m|mins?|minutes?)$/i, MINUTE_MS],
  [/^(?:h|hrs?|hours?)$/i, HOUR_MS],
  [/^(?:d|days?)$/i, DAY_MS],
];

/** What `30`, `1.5s` or `5 minutes` stands for. @returns NaN if it is no duration at all */
function guessDuration(text: string): number {
  const [, number, word = ""] = /^(\d{1,9}(?:\.\d{1,3})?) ?([a-z]{0,12})$/i.exec(text) ?? [];
  const [, unit = NaN] = UNIT_WORDS.find(([words]) => words.test(word)) ?? [];
  return number === undefined ? NaN : Math.round(Number(number) * unit);
}

/** A duration as a user would write it, with one unit; 24 h are not yet days. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return "0s";
  const [unit = "ms", length = 1] =
    Object.entries(UNITS).findLast(([unit, length]) =>
      milliseconds % length === 0 && (unit !== "d" || milliseconds > length)
    ) ?? [];
  return `${milliseconds / length}${unit}`;
}
