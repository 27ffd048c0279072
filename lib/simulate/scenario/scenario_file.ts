/** A scenario's file: JSON with the names of the command line. All of it is text when it leaves here. */
import type { SettingTexts } from "../../config/parse.ts";

export interface ScenarioFile {
  /** What it says of the traffic and the backends, by name. */
  readonly texts: SettingTexts;
  /** What it says under `settings`. */
  readonly settings: SettingTexts;
  /** One sentence each. */
  readonly problems: readonly string[];
}

/** @param names that it may use, beside `settings` */
export function readScenarioFile(text: string, names: readonly string[]): ScenarioFile {
  const problems: string[] = [];
  const { settings, ...values } = fields("the scenario", parsed(text, problems), problems);
  for (const [name, value] of Object.entries(values)) {
    if (names.includes(name)) continue;
    delete values[name];
    problems.push(
      `the scenario must have no ${name}, but ${names.join(", ")} and settings: ` +
        `current value is ${JSON.stringify(value)}`,
    );
  }
  return {
    texts: texts("", values, problems),
    settings: texts("settings.", fields("settings", settings ?? {}, problems), problems),
    problems,
  };
}

/** What is no JSON counts as an empty object, once it is told. */
function parsed(text: string, problems: string[]): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, "")); // a byte order mark is no part of JSON
  } catch (error) {
    problems.push(`the scenario must be JSON: ${(error as Error).message}`);
    return {};
  }
}

function fields(what: string, value: unknown, problems: string[]): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  problems.push(`${what} must be a JSON object: current value is ${JSON.stringify(value)}`);
  return {};
}

function texts(
  prefix: string,
  values: Record<string, unknown>,
  problems: string[],
): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    const text = name === "backends" && Array.isArray(value) ? listOf(value) : textOf(value);
    if (text !== undefined) texts[name] = text;
    else {
      const expected = name === "backends" ? "a list of texts" : "a text or a number";
      const found = JSON.stringify(value);
      problems.push(`${prefix}${name} must be ${expected}: current value is ${found}`);
    }
  }
  return texts;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** As the command line has it: `;` in between. */
function listOf(values: readonly unknown[]): string | undefined {
  return values.every((value) => typeof value === "string") ? values.join(";") : undefined;
}
