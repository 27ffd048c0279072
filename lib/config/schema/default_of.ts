/** The defaults of settings, as a file would write them. */
import type { z } from "zod";
import { configuration } from "./root.ts";
import { itemOf, settingsOf, whenAbsent } from "./walk.ts";

type Path = readonly (string | number)[];

/**
 * The default of a setting in the words of a file, such as `"10s"`.
 *
 * @param path below `defaults` it is that of every pool
 * @returns undefined if it has none, or if there is no such setting
 */
export function defaultOf(path: Path): unknown {
  let schema: z.ZodType | undefined = configuration;
  let value: unknown;
  for (const step of path) {
    schema = schema && (settingsOf(schema)?.[String(step)] ?? itemOf(schema));
    value = whenAbsent(schema) ?? (isObject(value) ? value[String(step)] : undefined);
  }
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
