/** Parses texts by a schema. */
import type { z } from "zod";
import type { Hints } from "../../config/values/reading.ts";

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

/** What can be shown as it is. */
const PRINTABLE = /^[ -~]+$/;

export function parseTexts<Value>(schema: z.ZodType<Value>, texts: SettingTexts): Parsed<Value> {
  const result = schema.safeParse(given(texts), { reportInput: true });
  const problems = (result.error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0]);
    const value = texts[name] ? JSON.stringify(issue.input) : "not set";
    const { meant, place = "current value" }: Hints = (issue.code === "custom" && issue.params) ||
      {};
    const question = meant !== undefined && PRINTABLE.test(meant) ? `, did you mean ${meant}?` : "";
    return `${name} ${issue.message}: ${place} is ${value}${question}`;
  });
  return { value: result.data, problems };
}
