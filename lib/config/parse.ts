/** Parses texts by a schema. */
import type { z } from "zod";

/** Settings as text, by name; one that is unset or empty has its default. */
export type SettingTexts = Readonly<Record<string, string | undefined>>;

export interface Parsed<Value> {
  /** Undefined if there are problems. */
  readonly value: Value | undefined;
  /** One sentence each, beginning with the setting's name. */
  readonly problems: readonly string[];
}

/** The settings that are neither unset nor empty. */
export function given(texts: SettingTexts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).flatMap(([name, text]) => text ? [[name, text]] : []),
  );
}

export function parseTexts<Value>(schema: z.ZodType<Value>, texts: SettingTexts): Parsed<Value> {
  const result = schema.safeParse(given(texts), { reportInput: true });
  const problems = (result.error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0]);
    const value = texts[name] ? JSON.stringify(issue.input) : "not set";
    return `${name} ${issue.message}: current value is ${value}`;
  });
  return { value: result.data, problems };
}
