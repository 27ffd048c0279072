/** The settings that affect a simulation, read as the balancer itself reads them. */
import { assemble } from "../../config/assemble.ts";
import type { PoolConfig } from "../../config/model.ts";
import { renderProblem } from "../../config/problems/render.ts";
import { DEFAULTS } from "../../config/source/variable_defaults.ts";
import type { SettingTexts } from "./parse_texts.ts";

/** The names of the settings, in the order in which they are shown. */
export const SIMULATED_SETTINGS = [
  "POLICY",
  "HASH_ON",
  "HASH_BALANCE",
  "MAX_ATTEMPTS",
  "RETRY_BUDGET",
  "CONNECT_TIMEOUT",
  "FIRST_BYTE_TIMEOUT",
  "REQUEST_TIMEOUT",
  "HEALTH_PATH",
  "HEALTH_STATUS",
  "HEALTH_INTERVAL",
  "HEALTH_TIMEOUT",
  "HEALTH_RISE",
  "HEALTH_FALL",
  "EJECT_AFTER",
  "EJECT_TIME",
  "EJECT_MAX",
  "EJECT_ON_5XX",
  "SLOW_START",
  "MAX_IN_FLIGHT",
  "BACKEND_MAX_IN_FLIGHT",
] as const;

/** The settings of a simulation. */
export interface SimulationConfig {
  /** Its backends are those of the scenario, not these. */
  readonly pool: PoolConfig;
  readonly maxInFlight: number;
}

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

/** Takes the place of the scenario's backends, which are no URLs. */
const ANY_BACKEND = "http://backends.invalid";

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
  const used = SIMULATED_SETTINGS.filter((name) => !(flags.compare && name === "POLICY"));
  return {
    config: readConfig(texts, problems),
    texts: Object.fromEntries(used.map((name) => [name, texts[name] || DEFAULTS[name]])),
    problems,
  };
}

/** @param problems those that are found are added here */
function readConfig(texts: SettingTexts, problems: string[]): SimulationConfig | undefined {
  const known = SIMULATED_SETTINGS.filter((name) => name !== "HASH_ON" || canHash(texts[name]));
  const { configuration, problems: found } = assemble({
    variables: {
      ...Object.fromEntries(known.map((name) => [name, texts[name]])),
      USERS_SERVICE: ANY_BACKEND,
    },
    environment: {},
    file: undefined,
  }, []);
  const errors = found.filter(({ severity }) => severity === "error");
  problems.push(...errors.map((problem) => renderProblem(problem, undefined)));
  if (!canHash(texts["HASH_ON"])) {
    problems.push(
      "HASH_ON must be address or path in a simulation, as its requests have no headers and no cookies: " +
        `current value is ${JSON.stringify(texts["HASH_ON"])}`,
    );
    return undefined;
  }
  if (configuration === undefined) return undefined;
  const [pool] = Object.values(configuration.pools);
  return { pool: pool!, maxInFlight: configuration.limits.inFlight };
}

function canHash(on: string | undefined): boolean {
  return ["", "address", "path"].includes(on?.trim() ?? "");
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
