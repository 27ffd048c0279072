/** Short ways to simulated backends, scenarios and runs. */
import { isReading, type Read } from "../../lib/config/setting.ts";
import type { Summary } from "../../lib/simulate/run/statistics.ts";
import { simulate } from "../../lib/simulate/run/run.ts";
import { ArrivalsReader, type Recording } from "../../lib/simulate/scenario/recorded_arrivals.ts";
import {
  readScenario,
  type Scenario,
  type SimulateFlags,
} from "../../lib/simulate/scenario/scenario.ts";

/** What the files say. */
export interface Files {
  readonly scenario?: string | undefined;
  readonly arrivals?: string | undefined;
}

/** The value that was read. @throws where it is a complaint */
export function valueOf<Value>(read: Read<Value>): Value {
  if (isReading(read)) return read.value;
  throw new TypeError(`Cannot be read: ${JSON.stringify(read)}`);
}

/** What a file of arrivals comes to. @param most lines that there may be */
export function recordingOf(text: string, most?: number): Recording {
  const reader = new ArrivalsReader(most);
  for (const line of text.split("\n")) reader.add(line);
  return reader.finish();
}

/** A scenario, of which nothing is wrong. @throws where something is */
export function scenarioOf(flags: SimulateFlags, files: Files = {}): Scenario {
  const arrivals = files.arrivals === undefined ? undefined : recordingOf(files.arrivals);
  const { scenario, problems } = readScenario({ flags, scenario: files.scenario, arrivals });
  if (scenario !== undefined) return scenario;
  throw new TypeError(`Cannot be simulated: ${problems.join("; ")}`);
}

/** What a scenario comes to under its policy. */
export function runOf(flags: SimulateFlags, files: Files = {}): Promise<Summary> {
  const scenario = scenarioOf(flags, files);
  return simulate(scenario, scenario.config.POLICY);
}
