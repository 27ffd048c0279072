/** How a file writes the value of a setting. */
import type { z } from "zod";
import type { ScalarType } from "./leaf.ts";
import { configuration } from "./root.ts";
import { itemOf, scalarTypeOf, settingsOf } from "./walk.ts";

/** @returns undefined if the setting is no string, number or boolean, or if there is none */
export function typeAt(path: readonly (string | number)[]): ScalarType | undefined {
  let schema: z.ZodType | undefined = configuration;
  for (const step of path) {
    if (schema === undefined) return undefined;
    const settings: Readonly<Record<string, z.ZodType>> = settingsOf(schema) ?? {};
    schema = Object.hasOwn(settings, step) ? settings[step] : itemOf(schema);
  }
  return schema && scalarTypeOf(schema);
}
