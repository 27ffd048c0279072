/** The schema of one setting. */
import { z } from "zod";
import {
  type Complaint,
  type Hints,
  isReading,
  type Read,
  refusalOf,
} from "../../config/values/reading.ts";

/** The schema of a setting. Surrounding blanks are ignored. @param whenUnset its default, as text */
export function setting<Value>(whenUnset: string, read: (text: string) => Read<Value>) {
  return z.string().default(whenUnset).transform((text, context): Value => {
    const trimmed = text.trim();
    const result = read(trimmed);
    if (isReading(result)) return result.value;
    const refusal = refusalOf(result);
    const complaints: readonly Complaint[] = refusal === undefined
      ? result as readonly Complaint[]
      : [{ ...refusal, shown: text }];
    const unquoted = withoutQuotes(trimmed, read);
    for (const { expected, shown, meant = unquoted, place } of complaints) {
      const hints: Hints = { meant, place };
      context.issues.push({
        code: "custom",
        message: expected,
        input: shown,
        params: { ...hints },
      });
    }
    return z.NEVER;
  });
}

/** `docker run --env-file` keeps the quotes around a value. @returns undefined if that is not the problem */
function withoutQuotes(text: string, read: (text: string) => Read<unknown>): string | undefined {
  const [, , inner] = /^(["'])(.*)\1$/s.exec(text) ?? [];
  return inner !== undefined && isReading(read(inner)) ? inner : undefined;
}
