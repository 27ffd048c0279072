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

/** How a file writes a value. */
export type ScalarType = "string" | "number" | "boolean";

/** The JSON Schema of a value. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface LeafOptions<Value> {
  readonly type: ScalarType;
  /** Strings that may stand in place of a number: `auto`, `off`. */
  readonly words?: readonly string[];
  /** Whether only one string is valid: any other may be meant for an alternative. */
  readonly isWord?: boolean;
  /** Reads it from its text, in a file or in a variable. */
  readonly read: (text: string) => Read<Value>;
  /** How a file would write a value: the inverse of `read`. By default the value itself. */
  readonly write?: (value: Value) => Scalar;
  readonly json: JsonSchema;
}

/** How a file writes the value of each schema. */
const TYPES = new WeakMap<z.ZodType, ScalarType>();

/** How a file would write a value of each schema. */
const WRITERS = new WeakMap<z.ZodType, (value: unknown) => Scalar>();

/** The schema of one value. */
export function leaf<Value>(options: LeafOptions<Value>) {
  const scalar = z.custom<Scalar>();
  TYPES.set(scalar, options.type);
  const { write = (value) => value as Scalar } = options;
  WRITERS.set(scalar, (value) => write(value as Value));
  return scalar.transform((value: unknown, context): Value => {
    const result = readScalar(value, options);
    if (isReading(result)) return result.value;
    for (const complaint of complaintsOf(result)) {
      const { expected, shown, place } = complaint;
      const meant = complaint.meant ?? withoutQuotes(value, options);
      const mismatch = options.isWord === true || !isOf(options, value);
      const params: LeafHints = { shown, meant, place, type: options.type, mismatch };
      context.issues.push({
        code: "custom",
        message: expected,
        input: value,
        params: { ...params },
      });
    }
    return z.NEVER;
  }).meta(metaOf(options.json));
}

/** The key of a leaf's examples: zod drops `examples` of what is transformed, as they might be of its output. */
export const EXAMPLES = "examplesOfInput";

function metaOf({ examples, ...json }: JsonSchema): JsonSchema {
  return examples === undefined ? json : { ...json, [EXAMPLES]: examples };
}

/** How a file writes the value of a schema; undefined if it is not the inner schema of a leaf. */
export function typeOf(schema: z.ZodType): ScalarType | undefined {
  return TYPES.get(schema);
}

/** Puts a value as a file would write it; undefined if the schema is not the inner schema of a leaf. */
export function writerOf(schema: z.ZodType): ((value: unknown) => Scalar) | undefined {
  return WRITERS.get(schema);
}

/** What an issue of a leaf says beside its message. */
export interface LeafHints extends Hints {
  readonly type: ScalarType;
  /** Whether the value is of another type than any that is allowed: an alternative may fit. */
  readonly mismatch?: boolean;
}

function complaintsOf(read: Exclude<Read<unknown>, { value: unknown }>): (Refused & Hints)[] {
  const refusal = refusalOf(read);
  return refusal === undefined ? [...read as readonly (Refused & Hints)[]] : [refusal];
}

function readScalar<Value>(value: unknown, options: LeafOptions<Value>): Read<Value> {
  const { type, read } = options;
  if (isOf(options, value)) return read(String(value));
  // It has the wrong type. What it would be as text tells what to expect, and what was meant.
  const text = isScalar(value) ? asText(value, read) : "";
  const result = read(text);
  const reference = isReading(result) ? read("") : result;
  const [complaint] = isReading(reference) ? [] : complaintsOf(reference);
  const expected = complaint?.expected ?? `must be a ${type}`;
  return { expected, meant: isReading(result) && text !== "" ? text : complaint?.meant };
}

/** Where false would be read as `off`, a file must say `off`. */
function asText<Value>(value: Scalar, read: LeafOptions<Value>["read"]): string {
  if (value !== false) return String(value);
  const [no, off] = [read("false"), read("off")];
  return isReading(no) && isReading(off) && no.value === off.value ? "off" : "false";
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
