/**
 * A value that a configuration writes as one string, number or boolean. One definition gives its type, its
 * check and its JSON Schema.
 */
import { z } from "zod";
import {
  type Hints,
  isReading,
  type Read,
  reading,
  refusalOf,
  type Refused,
} from "../values/reading.ts";

/** What can be written in a file. */
export type Scalar = string | number | boolean;

/** The JSON Schema of a value. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface LeafOptions<Value> {
  /** How a file writes it. */
  readonly type: "string" | "number" | "boolean";
  /** Strings that may stand in place of a number: `auto`, `off`. */
  readonly words?: readonly string[];
  /** Reads it from its text, in a file or in a variable. */
  readonly read: (text: string) => Read<Value>;
  readonly json: JsonSchema;
}

/** The schema of one value. */
export function leaf<Value>(options: LeafOptions<Value>) {
  return z.custom<Scalar>().transform((value: unknown, context): Value => {
    const result = readScalar(value, options);
    if (isReading(result)) return result.value;
    const refusal = refusalOf(result);
    const complaints = refusal === undefined
      ? result as Exclude<typeof result, Refused>
      : [refusal];
    for (const complaint of complaints as readonly (Refused & Hints)[]) {
      const { expected, shown, place } = complaint;
      const meant = complaint.meant ?? withoutQuotes(value, options);
      const mismatch = !isOf(options, value);
      const params: LeafHints = { shown, meant, place, type: options.type, mismatch };
      context.issues.push({
        code: "custom",
        message: expected,
        input: value,
        params: { ...params },
      });
    }
    return z.NEVER;
  }).meta(options.json);
}

/** What an issue of a leaf says beside its message. */
export interface LeafHints extends Hints {
  readonly type: LeafOptions<unknown>["type"];
  /** Whether the value is of another type than any that is allowed: an alternative may fit. */
  readonly mismatch?: boolean;
}

function readScalar<Value>(value: unknown, options: LeafOptions<Value>): Read<Value> {
  const { type, read } = options;
  if (isOf(options, value)) return read(String(value));
  // It has the wrong type. What it would be as text tells what to expect, and what was meant.
  const text = isScalar(value) ? String(value) : "";
  const result = read(text);
  const refusal = isReading(result) ? refusalOf(read("")) : refusalOf(result);
  const expected = refusal?.expected ?? `must be a ${type}`;
  return { expected, meant: isReading(result) && text !== "" ? text : refusal?.meant };
}

/** Whether a value is of the type in which it must be written; whether it is valid is another question. */
function isOf<Value>({ type, words = [] }: LeafOptions<Value>, value: unknown): boolean {
  return typeof value === type || words.some((word) => word === value);
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** `docker run --env-file` keeps the quotes around a value. @returns undefined if that is not the problem */
function withoutQuotes<Value>(value: unknown, { read }: LeafOptions<Value>): string | undefined {
  if (typeof value !== "string") return undefined;
  const [, , inner] = /^(["'])(.*)\1$/s.exec(value) ?? [];
  return inner !== undefined && isReading(read(inner)) ? inner : undefined;
}

/** A value that needs no check beyond its type. */
export function anyText(json: JsonSchema = {}) {
  return leaf({ type: "string", read: (text) => reading(text), json: { type: "string", ...json } });
}
