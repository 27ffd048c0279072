/** Brings the settings together: defaults < `.env` < environment. */
import util from "node:util";
import type { z } from "zod";
import { given, parseTexts, type SettingTexts } from "./parse.ts";
import { type Config, DEFAULTS, SETTING_NAMES, Settings } from "./schema.ts";

/** What cannot be done, and what has the problems. */
const SUBJECTS = { start: "the settings have", simulate: "the scenario has" } as const;

/** What the user has set is wrong: says so for each problem. */
export class ConfigError extends Error {
  override name = "ConfigError";

  /** @param problems one sentence each */
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
  const addresses = Object.keys(names).map((name) => [name, texts[name]]);
  return parse(Settings.pick(names), Object.fromEntries(addresses));
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
  const { value, problems } = parseTexts(schema, texts);
  const all = [...problems, ...conflicts(texts)];
  if (value === undefined || all.length > 0) throw new ConfigError(all);
  return value;
}

/** What is wrong with settings that are right each by itself. */
function conflicts(texts: SettingTexts): string[] {
  const { PORT, ADMIN_PORT, STICKY_COOKIE, TRUSTED_PROXIES } = { ...DEFAULTS, ...given(texts) };
  const problems: string[] = [];
  if (Number(PORT) === Number(ADMIN_PORT)) {
    problems.push(`ADMIN_PORT must not be PORT, too: ${found(ADMIN_PORT)}`);
  }
  // Browsers take these from encrypted connections only (RFC 6265bis, 4.1.3).
  const needsTls = /^\s*__(?:Host|Secure)-/i.test(STICKY_COOKIE);
  if (needsTls && TRUSTED_PROXIES.trim() === DEFAULTS.TRUSTED_PROXIES) {
    problems.push(
      "STICKY_COOKIE must not begin with __Host- or __Secure- where no TRUSTED_PROXIES say that a " +
        `client speaks TLS: ${found(STICKY_COOKIE)}`,
    );
  }
  return problems;
}

function found(text: string): string {
  return `current value is ${JSON.stringify(text)}`;
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
