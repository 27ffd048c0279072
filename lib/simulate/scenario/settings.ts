/** The settings that have a part in a simulation, read as the balancer itself reads them. */
import type { z } from "zod";
import { parseTexts, type SettingTexts } from "../../config/parse.ts";
import { DEFAULTS, Settings } from "../../config/schema.ts";
import { isReading, type Read, reading, setting } from "../../config/setting.ts";
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

/** Their names, in the order in which they are shown. */
export const SIMULATED_SETTINGS = Object.keys(
  SimulatedSettings.shape,
) as (keyof SimulationConfig)[];

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
  /** Each as text, those that are unset with their defaults; without POLICY where all are run. */
  readonly texts: SettingTexts;
  /** One sentence each. */
  readonly problems: readonly string[];
}

/** Reads those of a file and, over them, those of the command line. */
export function readSettings(file: SettingTexts, flags: SettingFlags): ReadSettings {
  const problems: string[] = [];
  const given = flagTexts(flags, problems);
  const texts = { ...file, ...given };
  const strangers = Object.keys(texts).filter((name) =>
    !SIMULATED_SETTINGS.some((part) => part === name)
  );
  if (strangers.length > 0) problems.push(noPart(strangers, texts));
  if (flags.compare && given["POLICY"] !== undefined) {
    const found = `current value is ${JSON.stringify(given["POLICY"])}`;
    problems.push(`POLICY has no part where --compare runs every policy: ${found}`);
  }
  const { value, problems: wrong } = parseTexts(SimulatedSettings, texts);
  const inForce = SIMULATED_SETTINGS.filter((name) => !(flags.compare && name === "POLICY"));
  return {
    config: value,
    texts: Object.fromEntries(inForce.map((name) => [name, texts[name] || DEFAULTS[name]])),
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
      const found = `${JSON.stringify(texts[name])} and ${JSON.stringify(value)}`;
      problems.push(`${name} must be set once on the command line: current values are ${found}`);
    } else {
      texts[name] = value;
    }
  }
  return texts;
}

/** One sentence about all names that are wrong, so that those that are right are listed once. */
function noPart(names: readonly string[], texts: SettingTexts): string {
  const [have, values] = names.length === 1 ? ["has", "value is"] : ["have", "values are"];
  const right = SIMULATED_SETTINGS.join(", ");
  // A secret is shown nowhere.
  const shown = names.map((name) => name === "STICKY_SECRET" ? "***" : JSON.stringify(texts[name]));
  return `${names.join(", ")} ${have} no part in a simulation, only ${right} have: ` +
    `current ${values} ${shown.join(", ")}`;
}

/** Only what simulated requests have. */
function readHashOn(text: string): Read<{ readonly by: "address" | "path" }> {
  const by = oneOf(text, ["address", "path"] as const);
  return isReading(by)
    ? reading({ by: by.value })
    : "must be address or path here, as simulated requests have no headers and no cookies";
}
