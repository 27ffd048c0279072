/** What differs between two values of a setting, in the words of the file, and without secrets. */
import { z } from "zod";
import { isSecretPath } from "./problems/secrets.ts";
import { itemOf, settingsOf, writingOf } from "./schema/walk.ts";
import { formatPath, type Path } from "./tree/node.ts";

/** A message shows no more of a list. */
const MAX_ITEMS = 10;

/** A message shows no more of a text. */
const MAX_CHARACTERS = 100;

/** What holds values by names of the user's that may be secrets: header lines, and what they are compared with. */
const HOLDERS: ReadonlySet<unknown> = new Set(["headers", "query", "set", "add"]);

const NOT_SET = "not set";

/**
 * @param schema of the setting; undefined if only its values are known
 * @param path of the setting as it is to be called, for example below its pool
 * @returns such as `timeouts.connect 2s -> 1s`, each setting for itself; empty if nothing differs
 */
export function differencesOf(
  schema: z.ZodType | undefined,
  before: unknown,
  after: unknown,
  path: Path,
): string[] {
  if (isEqual(before, after)) return [];
  const write = schema && writingOf(schema);
  const isShown = !isSecretPath(path) && !HOLDERS.has(path.at(-2));
  if (isShown && write === undefined && !isContent(before) && !isContent(after)) {
    if (isRecord(before) && isRecord(after)) return differencesInside(schema, before, after, path);
    if (isListOfScalars(before) && isListOfScalars(after)) return [ofLists(before, after, path)];
  }
  const [was, is] = isShown ? [shown(schema, before), shown(schema, after)] : [];
  const name = formatPath(path);
  // What has no short text, or the same one, is named only.
  if (was === undefined || is === undefined || was === is) {
    return [
      `${name}: ${before === undefined ? "added" : after === undefined ? "removed" : "changed"}`,
    ];
  }
  return [`${name} ${was} -> ${is}`];
}

/** Whether two values of a configuration are the same; a setting that is undefined is not there. */
export function isEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isEqual(item, other[index]));
  }
  return isRecord(one) && isRecord(other) &&
    keysOf(one, other).every((key) => isEqual(one[key], other[key]));
}

/** `+ added - removed`, each item with what stands before it. */
export function addedAndRemoved(before: readonly string[], after: readonly string[]): string[] {
  return [
    ...without(after, before).map((item) => `+ ${item}`),
    ...without(before, after).map((item) => `- ${item}`),
  ];
}

/** The first ones, and how many more there are. */
export function firstOf(items: readonly string[], max: number): string[] {
  if (items.length <= max) return [...items];
  return [...items.slice(0, max), `and ${items.length - max} more`];
}

function differencesInside(
  schema: z.ZodType | undefined,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  path: Path,
): string[] {
  const settings = schema && settingsOf(schema);
  // What has a name of the user's may be there or not.
  const item = schema && itemOf(schema)?.optional();
  return keysOf(before, after).flatMap((key) =>
    differencesOf(settings?.[key] ?? item, before[key], after[key], [...path, key])
  );
}

function ofLists(before: readonly unknown[], after: readonly unknown[], path: Path): string {
  const name = formatPath(path);
  const changes = addedAndRemoved(before.map(quoted), after.map(quoted));
  return changes.length === 0
    ? `order of ${name}`
    : `${name} ${firstOf(changes, MAX_ITEMS).join(" ")}`;
}

/** What a list has that another one lacks. What it has twice, the other one must have twice. */
function without(items: readonly string[], others: readonly string[]): string[] {
  const left = Map.groupBy(others, (item) => item);
  return items.filter((item) => left.get(item)?.pop() === undefined);
}

/** A value as a file would write it, in a few words; undefined if it takes more. */
function shown(schema: z.ZodType | undefined, value: unknown): string | undefined {
  const mayBeAbsent = schema === undefined || schema instanceof z.ZodOptional;
  if (value === undefined && mayBeAbsent) return NOT_SET;
  const write = schema && writingOf(schema);
  const written = write === undefined ? value : write(value);
  if (isListOfScalars(written)) return `[${firstOf(written.map(quoted), MAX_ITEMS).join(", ")}]`;
  return isScalar(written) ? quoted(written) : undefined;
}

/** In quotes only if it would be hard to read without. */
function quoted(value: unknown): string {
  const text = String(value);
  const short = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
  return /^[!-~]+$/.test(short) && !/["',;]/.test(short) ? short : JSON.stringify(short);
}

function keysOf(one: object, other: object): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

function isListOfScalars(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isScalar);
}

/** A secret, or the text of a page: in the configuration, or in a file of its own. */
function isContent(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && (keys[0] === "text" || keys[0] === "file");
}
