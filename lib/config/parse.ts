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

export function parseTexts<Value>(schema: z.ZodType<Value>, texts: SettingTexts): Parsed<Value> {
  const given = Object.entries(texts).filter(([, text]) => text !== undefined && text !== "");
  const result = schema.safeParse(Object.fromEntries(given), { reportInput: true });
  const problems = (result.error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0]);
    const value = texts[name] ? JSON.stringify(issue.input) : "not set";
    return `${name} ${issue.message}: current value is ${value}`;
  });
  return { value: result.data, problems };
}
