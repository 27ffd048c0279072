/** How one setting is read: from text to a value, or to what was expected instead. */
import { z } from "zod";

/** A value that was read, boxed so that it cannot be mistaken for a complaint. */
export interface Reading<Value> {
  readonly value: Value;
}

/** What reading came to: the value, or one complaint or several, each the end of a sentence. */
export type Read<Value> = Reading<Value> | string | readonly Complaint[];

/** A complaint about a part of a setting, with that part as it may be shown. */
export interface Complaint {
  readonly expected: string;
  readonly shown: string;
}

export function reading<Value>(value: Value): Reading<Value> {
  return { value };
}

/** Whether a value was read, and not a complaint. */
export function isReading<Value>(read: Read<Value>): read is Reading<Value> {
  return typeof read === "object" && "value" in read;
}

/** A setting with its default, both as text; surrounding blanks do not count. */
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
