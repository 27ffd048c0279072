/** What is simulated, and the flags that say so. */
import type { SettingTexts } from "./parse_texts.ts";
import type { PolicyName } from "../../config/model.ts";
import type { Arrivals, Traffic } from "./arrivals.ts";
import type { BackendSpec } from "./backend_spec.ts";
import type { SettingFlags, SimulationConfig } from "./settings.ts";

export interface Scenario {
  readonly seed: number;
  readonly backends: readonly BackendSpec[];
  /** What the generated requests are like; undefined if the requests were recorded. */
  readonly traffic: Traffic | undefined;
  readonly arrivals: Arrivals;
  /** How many recorded requests were left out, as they were refused. */
  readonly skipped: number;
  /** The time of the last arrival. */
  readonly durationMs: number;
  /** The settings of {@linkcode config} as text; without POLICY if all policies run. */
  readonly settings: SettingTexts;
  readonly config: SimulationConfig;
  /** One run each. */
  readonly policies: readonly PolicyName[];
}

/** The flags of `roundabout simulate`, as text. */
export interface SimulateFlags extends SettingFlags {
  /** The path of a configuration file, or `-`, of which a pool is simulated. */
  readonly config?: string | undefined;
  /** The name of that pool. */
  readonly pool?: string | undefined;
  /** The path of a scenario file, or `-`. */
  readonly scenario?: string | undefined;
  /** The path of a file of recorded requests, or `-`. */
  readonly arrivals?: string | undefined;
  readonly backends?: string | undefined;
  readonly rate?: string | undefined;
  readonly requests?: string | undefined;
  readonly posts?: string | undefined;
  readonly clients?: string | undefined;
  readonly seed?: string | undefined;
  /** Whether to report in JSON. */
  readonly json?: boolean | undefined;
}
