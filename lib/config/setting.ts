/** Parses one setting: text to a value, or to what was expected instead. */
import { z } from "zod";

/** A valid value, boxed so that it cannot be mistaken for a complaint. */
export interface Reading<Value> {
  readonly value: Value;
}

/** The value, or what was expected (`must be …`), or a complaint about each part that is not valid. */
export type Read<Value> = Reading<Value> | string | readonly Complaint[];

/** A part of a setting that is not valid: what was expected, and the part with secrets masked. */
export interface Complaint {
  readonly expected: string;
  readonly shown: string;
}

export function reading<Value>(value: Value): Reading<Value> {
  return { value };
}

/** Whether the value is valid. */
export function isReading<Value>(read: Read<Value>): read is Reading<Value> {
  return typeof read === "object" && "value" in read;
}

/** The schema of a setting. Surrounding blanks are ignored. @param whenUnset its default, as text */
export function setting<Value>(whenUnset: string, read: (text: string) => Read<Value>) {
  return z.string().default(whenUnset).transform((text, context): Value => {
    const result = read(text.trim());
    if (isReading(result)) return result.value;
    const complaints = typeof result === "string" ? [{ expected: result, shown: text }] : result;
    for (const { expected, shown } of complaints) {
      context.issues.push({ code: "custom", message: expected, input: shown });
    }
    return z.NEVER;
  });
}
