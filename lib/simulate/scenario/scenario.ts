/** What is simulated: read from the command line and from files, or every problem with them. */
import { z } from "zod";
import { parseTexts, type SettingTexts } from "../../config/parse.ts";
import { type Read, reading, setting } from "../../config/setting.ts";
import { percentage, wholeNumber } from "../../config/values.ts";
import { POLICY_NAMES, type PolicyName } from "../../config/model.ts";
import { type Arrivals, lengthProblem, MAX_REQUESTS, poisson, type Traffic } from "./arrivals.ts";
import { type BackendScript, readScripts } from "./backend_spec.ts";
import type { Recording } from "./recorded_arrivals.ts";
import { readScenarioFile, type ScenarioFile } from "./scenario_file.ts";
import { readSettings, type SimulationConfig } from "./settings.ts";

export interface Scenario {
  readonly seed: number;
  readonly backends: readonly BackendScript[];
  /** What the requests are like; undefined where they were recorded. */
  readonly traffic: Traffic | undefined;
  readonly arrivals: Arrivals;
  /** How many recorded requests were left out, as they were refused. */
  readonly skipped: number;
  /** When the last request comes, in milliseconds. */
  readonly length: number;
  /** All settings that have a part in it, as text; without POLICY where every policy is run. */
  readonly settings: SettingTexts;
  readonly config: SimulationConfig;
  /** One run each. */
  readonly policies: readonly PolicyName[];
}

/** The command line of `roundabout simulate`. */
export interface SimulateFlags {
  readonly scenario?: string | undefined;
  readonly arrivals?: string | undefined;
  readonly backends?: string | undefined;
  readonly rate?: string | undefined;
  readonly requests?: string | undefined;
  readonly posts?: string | undefined;
  readonly clients?: string | undefined;
  readonly seed?: string | undefined;
  readonly policy?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly compare?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** All that a scenario is made of. */
export interface Sources {
  readonly flags: SimulateFlags;
  /** The scenario's file, where there is one. */
  readonly scenario?: string | undefined;
  /** What the file of arrivals came to, where there is one. */
  readonly arrivals?: Recording | undefined;
}

export interface ReadScenario {
  /** Undefined where there are problems. */
  readonly scenario?: Scenario;
  /** One sentence each. */
  readonly problems: readonly string[];
}

const MILLION = 1_000_000;

/** One of four backends is five times slower than the others. */
const ONE_IS_SLOW = [20, 20, 20, 100]
  .map((median) => `lognormal(${median}ms,0.5) capacity=8`)
  .join(";");

/** Traffic and backends, each with its default. */
const Workload = z.object({
  seed: setting("1", (text) => wholeNumber(text, 0, 2 ** 32 - 1)),
  backends: setting(ONE_IS_SLOW, readScripts),
  rate: setting("250", readRate),
  requests: setting("100000", (text) => wholeNumber(text, 1, MAX_REQUESTS)),
  posts: setting("0%", percentage),
  clients: setting("1000", (text) => wholeNumber(text, 1, MILLION)),
});

/** What a file of arrivals says in their place. */
const REPLACED = ["rate", "requests", "posts", "clients"] as const;

const NO_FILE: ScenarioFile = { texts: {}, settings: {}, problems: [] };

export function readScenario({ flags, scenario, arrivals: recording }: Sources): ReadScenario {
  const names = Object.keys(Workload.shape) as (keyof typeof Workload.shape)[];
  const file = scenario === undefined ? NO_FILE : readScenarioFile(scenario, names);
  const given = names.filter((name) => flags[name] !== undefined);
  const workload = parseTexts(Workload, {
    ...file.texts,
    ...Object.fromEntries(given.map((name) => [name, flags[name]])),
  });
  const settings = readSettings(file.settings, flags);
  const isRecorded = flags.arrivals !== undefined || recording !== undefined;
  const problems = [
    ...file.problems,
    ...(isRecorded ? [...replacedIn("--", flags), ...replacedIn("", file.texts)] : []),
    ...(recording?.problems ?? []),
    ...workload.problems,
    ...settings.problems,
  ];
  // A recording that could not be read is told already.
  const hasPaths = recording?.hasPaths || isRecorded && recording?.arrivals === undefined;
  if (settings.texts["HASH_ON"]?.trim() === "path" && !hasPaths) {
    problems.push(
      'HASH_ON must be address but where --arrivals brings paths: current value is "path"',
    );
  }
  const { config } = settings;
  if (workload.value === undefined || config === undefined || problems.length > 0) {
    return { problems };
  }
  const { seed, backends, ...traffic } = workload.value;
  const arrivals = recording?.arrivals?.(seed) ?? poisson(seed, traffic);
  const length = arrivalsLength(arrivals);
  const tooLong = lengthProblem(length, "rate and requests must come to");
  if (tooLong !== undefined) return { problems: [tooLong] };
  return {
    scenario: {
      seed,
      backends,
      traffic: recording === undefined ? traffic : undefined,
      arrivals,
      skipped: recording?.skipped ?? 0,
      length,
      settings: settings.texts,
      config,
      policies: flags.compare ? POLICY_NAMES : [config.POLICY],
    },
    problems,
  };
}

/** Problems with what a file of arrivals says in its place. @param prefix of the names, as written */
function replacedIn(
  prefix: string,
  texts: Partial<Record<typeof REPLACED[number], string | undefined>>,
): string[] {
  return REPLACED.filter((name) => texts[name] !== undefined).map((name) =>
    `${prefix}${name} has no part where --arrivals says what comes: ` +
    `current value is ${JSON.stringify(texts[name])}`
  );
}

/** `400`, `0.5`, in requests a second. */
function readRate(text: string): Read<number> {
  const rate = /^\d{1,7}(?:\.\d{1,6})?$/.test(text) ? Number(text) : NaN;
  return rate >= 0.001 && rate <= MILLION ? reading(rate) : `must be 0.001 to ${MILLION} a second`;
}

function arrivalsLength(arrivals: Arrivals): number {
  let last = 0;
  for (const { at } of arrivals) last = at;
  return last;
}
