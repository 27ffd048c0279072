/** Objects whose names are all known. */
import { z } from "zod";
import { suggest } from "../values/suggest.ts";

/** Names that are not allowed, one line each; a message is a text, and there may be several names. */
export const UNKNOWN_SEPARATOR = "\n";

/** An object with these settings and no others: for any other, the error says what was probably meant. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const names = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === "unrecognized_keys") {
        return issue.keys.map((key) => explainUnknown(key, names)).join(UNKNOWN_SEPARATOR);
      }
      return issue.code === "invalid_type"
        ? `must be an object with ${names.join(", ")}`
        : undefined;
    },
  });
}

function explainUnknown(key: string, names: readonly string[]): string {
  const meant = suggest(key, names);
  return meant === undefined
    ? `is no setting here, only ${names.join(", ")} are`
    : `is no setting, did you mean ${meant}?`;
}
