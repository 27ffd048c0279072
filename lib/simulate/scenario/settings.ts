/** The settings that affect a simulation, read as the balancer itself reads them. */
import type { z } from "zod";
import { parseTexts, type SettingTexts } from "../../config/parse.ts";
import { DEFAULTS, Settings } from "../../config/schema.ts";
import { isReading, type Read, reading } from "../../config/reading.ts";
import { setting } from "../../config/setting.ts";
import { oneOf } from "../../config/values.ts";

const SimulatedSettings = Settings.pick({
  POLICY: true,
  HASH_ON: true,
  HASH_BALANCE: true,
  MAX_ATTEMPTS: true,
  RETRY_BUDGET: true,
  CONNECT_TIMEOUT: true,
  FIRST_BYTE_TIMEOUT: true,
  REQUEST_TIMEOUT: true,
  HEALTH_PATH: true,
  HEALTH_STATUS: true,
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
}).extend({ HASH_ON: setting(DEFAULTS.HASH_ON, readHashOn) });

export type SimulationConfig = z.output<typeof SimulatedSettings>;

/** The names of the settings, in the order in which they are shown. */
export const SIMULATED_SETTINGS = Object.keys(
  SimulatedSettings.shape,
) as (keyof SimulationConfig)[];

/** The flags that set settings. */
export interface SettingFlags {
  readonly policy?: string | undefined;
  /** `NAME=VALUE` each. */
  readonly set?: readonly string[] | undefined;
  /** Whether to run all policies. */
  readonly compare?: boolean | undefined;
}

/** Settings that were read, or the problems with them. */
export interface ReadSettings {
  /** Undefined if a value is wrong. */
  readonly config: SimulationConfig | undefined;
  /** All settings as text, with their defaults; without POLICY if all policies run. */
  readonly texts: SettingTexts;
  /** One sentence each. */
  readonly problems: readonly string[];
}

/** Reads the settings of a scenario file and of the command line, which overrides the file. */
export function readSettings(file: SettingTexts, flags: SettingFlags): ReadSettings {
  const problems: string[] = [];
  const fromFlags = collectFlags(flags, problems);
  const texts = { ...file, ...fromFlags };
  const unknown = Object.keys(texts).filter((name) =>
    !SIMULATED_SETTINGS.some((known) => known === name)
  );
  if (unknown.length > 0) problems.push(describeUnknown(unknown, texts));
  if (flags.compare && fromFlags["POLICY"] !== undefined) {
    problems.push(
      "POLICY must not be set with --compare, which runs every policy: " +
        `current value is ${JSON.stringify(fromFlags["POLICY"])}`,
    );
  }
  const { value, problems: wrongValues } = parseTexts(SimulatedSettings, texts);
  const used = SIMULATED_SETTINGS.filter((name) => !(flags.compare && name === "POLICY"));
  return {
    config: value,
    texts: Object.fromEntries(used.map((name) => [name, texts[name] || DEFAULTS[name]])),
    problems: [...problems, ...wrongValues],
  };
}

/** @param problems those that are found are added here */
function collectFlags({ policy, set = [] }: SettingFlags, problems: string[]): SettingTexts {
  const texts: Record<string, string> = policy === undefined ? {} : { POLICY: policy };
  for (const assignment of set) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
    if (name === undefined || value === undefined) {
      problems.push(`--set must be NAME=VALUE: current value is ${JSON.stringify(assignment)}`);
    } else if (Object.hasOwn(texts, name)) {
      const found = `${JSON.stringify(texts[name])} and ${JSON.stringify(value)}`;
      problems.push(`${name} must be set once on the command line: current values are ${found}`);
    } else {
      texts[name] = value;
    }
  }
  return texts;
}

/** One sentence about all unknown names, so that the known ones are listed once. */
function describeUnknown(names: readonly string[], texts: SettingTexts): string {
  const found = names.length === 1 ? "value is" : "values are";
  // A secret is never shown.
  const shown = names.map((name) => name === "STICKY_SECRET" ? "***" : JSON.stringify(texts[name]));
  return `${names.join(", ")} must not be set, as a simulation uses only ` +
    `${SIMULATED_SETTINGS.join(", ")}: current ${found} ${shown.join(", ")}`;
}

function readHashOn(text: string): Read<{ readonly by: "address" | "path" }> {
  const by = oneOf(text, ["address", "path"] as const);
  return isReading(by)
    ? reading({ by: by.value })
    : "must be address or path in a simulation, as its requests have no headers and no cookies";
}
