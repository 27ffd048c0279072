/** The settings that have a part in a simulation, read as the balancer itself reads them. */
import type { z } from "zod";
import { parseTexts, type SettingTexts } from "../config/parse.ts";
import { DEFAULTS, Settings } from "../config/schema.ts";

const Part = Settings.pick({
  POLICY: true,
  HASH_ON: true,
  HASH_BALANCE: true,
  MAX_ATTEMPTS: true,
  RETRY_BUDGET: true,
  CONNECT_TIMEOUT: true,
  FIRST_BYTE_TIMEOUT: true,
  REQUEST_TIMEOUT: true,
  HEALTH_PATH: true,
  HEALTH_INTERVAL: true,
  HEALTH_TIMEOUT: true,
  HEALTH_RISE: true,
  HEALTH_FALL: true,
  EJECT_AFTER: true,
  EJECT_TIME: true,
  EJECT_MAX: true,
  EJECT_ON_5XX: true,
  SLOW_START: true,
  MAX_IN_FLIGHT: true,
  BACKEND_MAX_IN_FLIGHT: true,
});

export type SimulationConfig = z.output<typeof Part>;

/** Their names, in the order in which they are shown. */
export const PART_NAMES = Object.keys(Part.shape) as (keyof SimulationConfig)[];

/** What the command line says of settings. */
export interface SettingFlags {
  readonly policy?: string | undefined;
  /** `NAME=VALUE` each. */
  readonly set?: readonly string[] | undefined;
  /** Whether all policies are run. */
  readonly compare?: boolean | undefined;
}

export interface ReadSettings {
  /** Undefined where there are problems with a value. */
  readonly config: SimulationConfig | undefined;
  /** Each as text, those that are unset with their defaults. */
  readonly texts: SettingTexts;
  /** One sentence each. */
  readonly problems: readonly string[];
}

/** Reads those of a file and, over them, those of the command line. */
export function readSettings(file: SettingTexts, flags: SettingFlags): ReadSettings {
  const problems: string[] = [];
  const given = flagTexts(flags, problems);
  const texts = { ...file, ...given };
  for (const name of Object.keys(texts)) {
    if (PART_NAMES.some((part) => part === name)) continue;
    problems.push(`${name} has no part in a simulation, only ${PART_NAMES.join(", ")} have`);
  }
  if (flags.compare && given["POLICY"] !== undefined) {
    problems.push("POLICY has no part where --compare runs every policy");
  }
  const { value, problems: wrong } = parseTexts(Part, texts);
  return {
    config: value,
    texts: Object.fromEntries(PART_NAMES.map((name) => [name, texts[name] || DEFAULTS[name]])),
    problems: [...problems, ...wrong],
  };
}

function flagTexts({ policy, set = [] }: SettingFlags, problems: string[]): SettingTexts {
  const texts: Record<string, string> = policy === undefined ? {} : { POLICY: policy };
  for (const text of set) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      problems.push(`--set must be NAME=VALUE: current value is ${JSON.stringify(text)}`);
    } else if (Object.hasOwn(texts, name)) {
      problems.push(`${name} must be set once on the command line`);
    } else {
      texts[name] = value;
    }
  }
  return texts;
}
