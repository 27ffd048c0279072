/** Reads texts by a schema: a value out of them, or every problem there is. */
import type { z } from "zod";

/** Settings as text, by name; what is unset or empty has its default. */
export type SettingTexts = Readonly<Record<string, string | undefined>>;

/** What reading came to. */
export interface Parsed<Value> {
  /** Undefined where there are problems. */
  readonly value: Value | undefined;
  /** One sentence each, beginning with the setting's name. */
  readonly problems: readonly string[];
}

/** Those that are set. */
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
