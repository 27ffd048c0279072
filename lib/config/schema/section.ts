/** Objects whose names are all known, objects with names of the user's, and lists. */
import { z } from "zod";
import { suggest } from "../values/suggest.ts";

/** Names that are not allowed, one line each; a message is a text, and there may be several names. */
export const UNKNOWN_SEPARATOR = "\n";

/** A message names no more settings than these; the reference and editors have all. */
const MAX_NAMES = 8;

/**
 * An object with these settings and no others: for any other, the error says what was probably meant.
 *
 * @param elsewhere settings that one could look for here, and where they stand
 */
export function section<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  elsewhere: Readonly<Record<string, string>> = {},
) {
  const names = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === "unrecognized_keys") {
        return issue.keys.map((key) => explainUnknown(key, names, elsewhere)).join(
          UNKNOWN_SEPARATOR,
        );
      }
      return issue.code === "invalid_type"
        ? `must be an object with ${
          names.length > MAX_NAMES
            ? `${names.slice(0, MAX_NAMES).join(", ")} and others`
            : names.join(", ")
        }`
        : undefined;
    },
  });
}

/** An object with a name of the user's for each value. @param what it has: `a header for each name` */
export function named<Key extends z.core.$ZodRecordKey, Value extends z.ZodType>(
  key: Key,
  value: Value,
  what: string,
) {
  return z.record(key, value, {
    error: (issue) => issue.code === "invalid_type" ? `must be an object with ${what}` : undefined,
  });
}

/** A list. @param of what */
export function list<Item extends z.ZodType>(item: Item, of: string) {
  return z.array(item, `must be a list of ${of}`);
}

function explainUnknown(
  key: string,
  names: readonly string[],
  elsewhere: Readonly<Record<string, string>>,
): string {
  if (Object.hasOwn(elsewhere, key)) return `is no setting here, but ${elsewhere[key]} is`;
  const meant = suggest(key, names);
  if (meant !== undefined) return `is no setting, did you mean ${meant}?`;
  return `is no setting here, only ${names.join(", ")} ${names.length === 1 ? "is" : "are"}`;
}
