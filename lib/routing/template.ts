/** Values of headers in which something of the request is filled in: `{client}`, `{route}`. */
import type { PLACEHOLDERS } from "../config/values/placeholders.ts";

export type Placeholder = typeof PLACEHOLDERS[number];

/** What stands for each placeholder; called only for those that are used. */
export type Filling = (name: Placeholder) => string;

export type Template = (fill: Filling) => string;

/** @param text with placeholders that the schema has checked */
export function compileTemplate(text: string): Template {
  const parts = text.split(/\{([a-z_]+)\}/);
  if (parts.length === 1) return () => text;
  return (fill) =>
    parts.map((part, index) => index % 2 === 0 ? part : safe(fill(part as Placeholder))).join("");
}

/** What a client sent must not begin another line, nor hold what a field cannot (RFC 9110, 5.5). */
function safe(value: string): string {
  return value.replace(
    /[^\t\x20-\x7e]/g,
    (character) => encodeURIComponent(character.toWellFormed()),
  );
}
