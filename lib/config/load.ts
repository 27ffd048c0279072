/** Loads the settings: the environment, then `.env`, then the defaults. */
import { z } from "zod";
import { plainMessage } from "../net/plain_message.ts";
import { type EnvFile, readEnvFile } from "./env_file.ts";
import { misspelt } from "./misspelt.ts";
import { given, parseTexts, type SettingTexts } from "./parse.ts";
import { type Config, DEFAULTS, SETTING_NAMES, Settings } from "./schema.ts";

/** What cannot be done, and what has several problems. */
const SUBJECTS = {
  "start": "the settings have",
  "check readiness": "the settings have",
  "simulate": "the scenario has",
} as const;

/** Settings are wrong; the message has every problem. */
export class ConfigError extends Error {
  override name = "ConfigError";

  /** @param problems at least one; each begins with a setting's name */
  constructor(problems: readonly string[], what: keyof typeof SUBJECTS = "start") {
    super(
      problems.length === 1
        ? `Cannot ${what} as ${problems[0]}`
        : `Cannot ${what} as ${SUBJECTS[what]} ${problems.length} problems:\n${
          problems.map((problem) => `  ${problem}`).join("\n")
        }`,
    );
  }
}

/**
 * Parses all settings.
 *
 * @throws {ConfigError} with every problem
 */
export function parseConfig(texts: SettingTexts): Config {
  return parse(Settings, texts);
}

/** Where a balancer or a demo backend listens. */
export type Addresses = Pick<Config, "PORT" | "HOST" | "ADMIN_PORT" | "ADMIN_HOST">;

/**
 * Parses the addresses only, for a demo backend or a health check: these need no other setting.
 *
 * @throws {ConfigError} with every problem of these settings
 */
export function parseAddresses(texts: SettingTexts): Addresses {
  const names = { PORT: true, HOST: true, ADMIN_PORT: true, ADMIN_HOST: true } as const;
  const addresses = Object.keys(names).map((name) => [name, texts[name]]);
  return parse(Settings.pick(names), Object.fromEntries(addresses));
}

/**
 * Reads the settings from `.env` in the working directory and from the environment, which wins.
 *
 * @throws {ConfigError} if `.env` exists and cannot be read, or if a line of it is no setting; then with
 * every problem of the settings that are set
 */
export function readSettings(): SettingTexts {
  const file = openEnvFile();
  const texts: SettingTexts = Object.fromEntries(
    SETTING_NAMES.map((name) => [name, Deno.env.get(name) ?? file.texts[name]]),
  );
  if (file.problems.length > 0) throw new ConfigError([...file.problems, ...problemsOf(texts)]);
  return texts;
}

/** Variables of the environment that look like misspelt settings. @returns one sentence each */
export function misspeltVariables(): string[] {
  return misspelt(readEnvironment());
}

/** The whole environment; nothing of it if only some variables may be read. */
function readEnvironment(): Record<string, string> {
  try {
    return Deno.env.toObject();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return {};
    throw error;
  }
}

/** The problems of the settings that are set. */
function problemsOf(texts: SettingTexts): string[] {
  const set = SETTING_NAMES.filter((name) => texts[name]);
  const shape = Object.fromEntries(set.map((name) => [name, Settings.shape[name]]));
  return [...parseTexts(z.object(shape), texts).problems, ...conflicts(texts)];
}

function parse<Output>(schema: z.ZodType<Output>, texts: SettingTexts): Output {
  const { value, problems } = parseTexts(schema, texts);
  const all = [...problems, ...conflicts(texts)];
  if (value === undefined || all.length > 0) throw new ConfigError(all);
  return value;
}

/** Problems of settings that are valid by themselves and contradict each other. */
function conflicts(texts: SettingTexts): string[] {
  const { PORT, ADMIN_PORT, STICKY_COOKIE, TRUSTED_PROXIES } = { ...DEFAULTS, ...given(texts) };
  const problems: string[] = [];
  if (Number(PORT) === Number(ADMIN_PORT)) {
    problems.push(`ADMIN_PORT must differ from PORT: ${found(ADMIN_PORT)}`);
  }
  // Browsers accept these over TLS only (RFC 6265bis, 4.1.3), which a trusted proxy has to report.
  const needsTls = /^\s*__(?:Host|Secure)-/i.test(STICKY_COOKIE);
  if (needsTls && TRUSTED_PROXIES.trim() === DEFAULTS.TRUSTED_PROXIES) {
    problems.push(
      "STICKY_COOKIE must not begin with __Host- or __Secure- unless TRUSTED_PROXIES is set, as " +
        `browsers accept such cookies over TLS only: ${found(STICKY_COOKIE)}`,
    );
  }
  return problems;
}

function found(text: string): string {
  return `current value is ${JSON.stringify(text)}`;
}

function openEnvFile(): EnvFile {
  try {
    return readEnvFile(Deno.readTextFileSync(".env"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { texts: {}, problems: [] };
    throw new ConfigError([`.env must be a readable file: ${plainMessage(error)}`]);
  }
}
