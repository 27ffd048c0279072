/**
 * A scenario file: JSON with the names of the flags, turned into the text that flags would have.
 */
import type { SettingTexts } from "./parse_texts.ts";

/** The contents of a scenario file, or the problems with it. */
export interface ScenarioFile {
  /** The values beside `settings`, by name. */
  readonly texts: SettingTexts;
  /** The values under `settings`, by name. */
  readonly settings: SettingTexts;
  /** One sentence each. */
  readonly problems: readonly string[];
}

/** @param names that the file may set, beside `settings` */
export function readScenarioFile(text: string, names: readonly string[]): ScenarioFile {
  const problems: string[] = [];
  const { settings, ...values } = readObject("the scenario", parseJson(text, problems), problems);
  for (const [name, value] of Object.entries(values)) {
    if (names.includes(name)) continue;
    delete values[name];
    problems.push(
      `the scenario must not set ${name}, only ${names.join(", ")} and settings: ` +
        `current value is ${JSON.stringify(value)}`,
    );
  }
  return {
    texts: readTexts("", values, problems),
    settings: readTexts("settings.", readObject("settings", settings ?? {}, problems), problems),
    problems,
  };
}

/** @returns an empty object if the text is not JSON, once that is among the problems */
function parseJson(text: string, problems: string[]): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, "")); // JSON.parse refuses a byte order mark
  } catch (error) {
    problems.push(`the scenario must be JSON: ${(error as Error).message}`);
    return {};
  }
}

function readObject(what: string, value: unknown, problems: string[]): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  problems.push(`${what} must be a JSON object: current value is ${JSON.stringify(value)}`);
  return {};
}

/** @param prefix of the names in messages */
function readTexts(
  prefix: string,
  values: Record<string, unknown>,
  problems: string[],
): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    const isList = name === "backends";
    const text = isList && Array.isArray(value) ? joinStrings(value) : toText(value);
    if (text !== undefined) texts[name] = text;
    else {
      const expected = isList ? "a list of strings" : "a string or a number";
      const found = JSON.stringify(value);
      problems.push(`${prefix}${name} must be ${expected}: current value is ${found}`);
    }
  }
  return texts;
}

function toText(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** Joins backends with `;`, as `--backends` expects them; undefined if one is not a string. */
function joinStrings(values: readonly unknown[]): string | undefined {
  return values.every((value) => typeof value === "string") ? values.join(";") : undefined;
}
