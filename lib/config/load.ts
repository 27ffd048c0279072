/** Loads the settings: the environment, then `.env`, then the defaults. */
import util from "node:util";
import type { z } from "zod";
import { plainMessage } from "../net/plain_message.ts";
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
 * @throws {ConfigError} if `.env` exists and cannot be read
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

function readEnvFile(): SettingTexts {
  let text: string;
  try {
    text = Deno.readTextFileSync(".env");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw new ConfigError([`.env must be a readable file: ${plainMessage(error)}`]);
  }
  return { ...util.parseEnv(text) };
}
