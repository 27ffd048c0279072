/** Walks through the schema of the configuration: which settings an object has, and what their defaults are. */
import { z } from "zod";
import { type Scalar, type ScalarType, typeOf, writerOf } from "./leaf.ts";

/** The settings of an object; undefined if the schema is of something else. */
export function settingsOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> | undefined {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return inner.shape as Record<string, z.ZodType>;
  if (!(inner instanceof z.ZodUnion)) return undefined;
  // Of a value with alternatives, the settings of all of them: no two have the same with another meaning.
  const all = inner.options.map((option) => settingsOf(option as z.ZodType)).filter((found) =>
    found !== undefined
  );
  if (all.length === 0) return undefined;
  const names = new Set(all.flatMap((settings) => Object.keys(settings)));
  return Object.fromEntries(
    [...names].map((name) => [name, all.find((settings) => name in settings)![name]!]),
  );
}

/** What is behind each name, or at each place in a list; undefined if the schema is of something else. */
export function itemOf(schema: z.ZodType): z.ZodType | undefined {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord) return inner.valueType as z.ZodType;
  return inner instanceof z.ZodArray ? inner.element as z.ZodType : undefined;
}

/** How a file writes a value; undefined if the schema is of something else. */
export function scalarTypeOf(schema: z.ZodType): ScalarType | undefined {
  const inner = unwrap(schema);
  if (!(inner instanceof z.ZodUnion)) return typeOf(inner);
  const types = inner.options.map((option) => scalarTypeOf(option as z.ZodType));
  return types.find((type) => type !== undefined);
}

/** Puts a value as a file would write it; undefined if the schema is not of one string, number or boolean. */
export function writingOf(schema: z.ZodType): ((value: unknown) => Scalar) | undefined {
  return writerOf(unwrap(schema));
}

/** The default in the words of a file; undefined if there is none. */
export function whenAbsent(schema: z.ZodType | undefined): unknown {
  return schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined;
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodPipe ? unwrap(schema.def.in as z.ZodType) : schema;
}
