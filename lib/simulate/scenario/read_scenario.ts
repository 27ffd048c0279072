/** Makes a scenario of flags and files, or lists every problem with them. */
import { type Parsed, parseTexts } from "./parse_texts.ts";
import type { z } from "zod";
import { POLICY_NAMES } from "../../config/model.ts";
import { type Arrivals, checkDuration, generateArrivals } from "./arrivals.ts";
import type { PoolFile } from "./pool_file.ts";
import type { Recording } from "./recorded_arrivals.ts";
import type { Scenario, SimulateFlags } from "./scenario.ts";
import { readScenarioFile, type ScenarioFile } from "./scenario_file.ts";
import { type ReadSettings, readSettings } from "./settings.ts";
import { TRAFFIC_NAMES, Workload, WORKLOAD_NAMES } from "./workload.ts";

/** Everything that describes a scenario. */
export interface ScenarioSources {
  readonly flags: SimulateFlags;
  /** The text of the scenario file, if there is one. */
  readonly scenario?: string | undefined;
  /** The pool of a configuration file, if one is simulated. */
  readonly pool?: PoolFile | undefined;
  /** The recorded requests, if there are any. */
  readonly arrivals?: Recording | undefined;
}

/** A scenario, or the problems with it. */
export interface ReadScenario {
  /** Undefined if there are problems. */
  readonly scenario?: Scenario;
  /** One sentence each. */
  readonly problems: readonly string[];
}

const NO_FILE: ScenarioFile = { texts: {}, settings: {}, problems: [] };

/** Flags override the scenario file, that overrides the pool, and that the defaults. */
export function readScenario(
  { flags, scenario: fileText, pool, arrivals: recording }: ScenarioSources,
): ReadScenario {
  const file = fileText === undefined ? NO_FILE : readScenarioFile(fileText, WORKLOAD_NAMES);
  const ofPool = pool === undefined || pool.backends === "" ? {} : { backends: pool.backends };
  const workload = readWorkload({ ...file, texts: { ...ofPool, ...file.texts } }, flags);
  const settings = readSettings({ ...pool?.settings, ...file.settings }, flags);
  // A recording that could not be read is undefined, and its problem is already known.
  const isRecorded = flags.arrivals !== undefined || recording !== undefined;
  const problems = [
    ...pool?.problems ?? [],
    ...file.problems,
    ...(isRecorded ? [...findExcluded("--", flags), ...findExcluded("", file.texts)] : []),
    ...(recording?.problems ?? []),
    ...workload.problems,
    ...settings.problems,
    ...findMissingPaths(settings, isRecorded, recording),
  ];
  const { config } = settings;
  if (workload.value === undefined || config === undefined || problems.length > 0) {
    return { problems };
  }
  const { seed, backends, ...traffic } = workload.value;
  const arrivals = recording?.arrivals?.(seed) ?? generateArrivals(seed, traffic);
  const durationMs = findLastTime(arrivals);
  const tooLong = checkDuration(durationMs, "requests at this rate must");
  if (tooLong !== undefined) return { problems: [tooLong] };
  return {
    scenario: {
      seed,
      backends,
      traffic: recording === undefined ? traffic : undefined,
      arrivals,
      skipped: recording?.skipped ?? 0,
      durationMs,
      settings: settings.texts,
      config,
      policies: flags.compare ? POLICY_NAMES : [config.pool.policy.name],
    },
    problems,
  };
}

function readWorkload(file: ScenarioFile, flags: SimulateFlags): Parsed<z.output<typeof Workload>> {
  const given = WORKLOAD_NAMES.filter((name) => flags[name] !== undefined);
  return parseTexts(Workload, {
    ...file.texts,
    ...Object.fromEntries(given.map((name) => [name, flags[name]])),
  });
}

/**
 * The values that must not be set together with recorded requests.
 *
 * @param prefix of the names, as the user wrote them
 */
function findExcluded(
  prefix: string,
  texts: Partial<Record<typeof TRAFFIC_NAMES[number], string | undefined>>,
): string[] {
  return TRAFFIC_NAMES.filter((name) => texts[name] !== undefined).map((name) =>
    `${prefix}${name} must not be set with --arrivals, which brings the requests: ` +
    `current value is ${JSON.stringify(texts[name])}`
  );
}

function findMissingPaths(
  { texts }: ReadSettings,
  isRecorded: boolean,
  recording: Recording | undefined,
): string[] {
  const isUnreadable = isRecorded && recording?.arrivals === undefined;
  if (texts["HASH_ON"]?.trim() !== "path" || recording?.hasPaths || isUnreadable) return [];
  return ['HASH_ON must be address unless --arrivals brings paths: current value is "path"'];
}

function findLastTime(arrivals: Arrivals): number {
  let last = 0;
  for (const { at } of arrivals) last = at;
  return last;
}
