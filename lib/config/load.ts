/** Brings the settings together: defaults < `.env` < environment. */
import util from "node:util";
import type { z } from "zod";
import { type Config, DEFAULTS, SETTING_NAMES, Settings } from "./schema.ts";

/** The settings are wrong: says so for each of them. */
export class ConfigError extends Error {
  override name = "ConfigError";

  /** @param problems one sentence each */
  constructor(problems: readonly string[]) {
    super(
      problems.length === 1
        ? `Cannot start as ${problems[0]}`
        : `Cannot start as the settings have ${problems.length} problems:\n${
          problems.map((problem) => `  ${problem}`).join("\n")
        }`,
    );
  }
}

/** Settings as text, by name; what is unset or empty has its default. */
export type SettingTexts = Readonly<Record<string, string | undefined>>;

/**
 * Checks the settings.
 *
 * @throws {ConfigError} with every problem there is
 */
export function parseConfig(texts: SettingTexts): Config {
  return parse(Settings, texts);
}

/** Where a program of ours is to be reached. */
export type Addresses = Pick<Config, "PORT" | "HOST" | "ADMIN_PORT" | "ADMIN_HOST">;

/**
 * Checks where requests arrive, and nothing else: enough for a demo backend or a health check.
 *
 * @throws {ConfigError} with every problem there is
 */
export function parseAddresses(texts: SettingTexts): Addresses {
  const names = { PORT: true, HOST: true, ADMIN_PORT: true, ADMIN_HOST: true } as const;
  return parse(Settings.pick(names), texts);
}

/**
 * The settings that apply here and now: `.env` of the working directory, and over it the environment.
 *
 * @throws {ConfigError} where `.env` is there and cannot be read
 */
export function readSettings(): SettingTexts {
  const file = readEnvFile();
  return Object.fromEntries(
    SETTING_NAMES.map((name) => [name, Deno.env.get(name) ?? file[name]]),
  );
}

function parse<Output>(schema: z.ZodType<Output>, texts: SettingTexts): Output {
  const given = Object.entries(texts).filter(([, text]) => text !== undefined && text !== "");
  const result = schema.safeParse(Object.fromEntries(given), { reportInput: true });
  const problems = (result.error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0]);
    const value = texts[name] ? JSON.stringify(issue.input) : "not set";
    return `${name} ${issue.message}: current value is ${value}`;
  });
  problems.push(...conflicts({ ...DEFAULTS, ...Object.fromEntries(given) }));
  if (result.success && problems.length === 0) return result.data;
  throw new ConfigError(problems);
}

/** What is wrong with settings that are right each by itself. */
function conflicts({ PORT, ADMIN_PORT }: SettingTexts): string[] {
  if (Number(PORT) !== Number(ADMIN_PORT)) return [];
  return [`ADMIN_PORT must not be PORT, too: current value is ${JSON.stringify(ADMIN_PORT)}`];
}

function readEnvFile(): SettingTexts {
  let text: string;
  try {
    text = Deno.readTextFileSync(".env");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw new ConfigError([`.env must be a readable file: ${(error as Error).message}`]);
  }
  return { ...util.parseEnv(text) };
}
