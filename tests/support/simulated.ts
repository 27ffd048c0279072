/** Short ways to simulated backends, scenarios and runs. */
import { isReading, type Read } from "../../lib/config/values/reading.ts";
import { simulate } from "../../lib/simulate/run/run.ts";
import type { Summary } from "../../lib/simulate/run/summary.ts";
import { readScenario } from "../../lib/simulate/scenario/read_scenario.ts";
import { readRecording, type Recording } from "../../lib/simulate/scenario/recorded_arrivals.ts";
import type { Scenario, SimulateFlags } from "../../lib/simulate/scenario/scenario.ts";

/** The contents of files. */
export interface Files {
  readonly scenario?: string | undefined;
  readonly arrivals?: string | undefined;
}

/** Returns the value that was read. @throws if it could not be read */
export function unwrap<Value>(read: Read<Value>): Value {
  if (isReading(read)) return read.value;
  throw new TypeError(`Cannot use a value that could not be read: ${JSON.stringify(read)}`);
}

/** @param chunks of the file @param maxLines how many lines may be recorded requests */
export function record(chunks: string | readonly string[], maxLines?: number): Promise<Recording> {
  return readRecording(ReadableStream.from([chunks].flat()), maxLines);
}

/** @throws if the scenario has problems */
export async function createScenario(flags: SimulateFlags, files: Files = {}): Promise<Scenario> {
  const arrivals = files.arrivals === undefined ? undefined : await record(files.arrivals);
  const { scenario, problems } = readScenario({ flags, scenario: files.scenario, arrivals });
  if (scenario !== undefined) return scenario;
  throw new TypeError(`Cannot use a scenario with problems: ${problems.join("; ")}`);
}

/** Runs a scenario under its policy. */
export async function runScenario(flags: SimulateFlags, files: Files = {}): Promise<Summary> {
  const scenario = await createScenario(flags, files);
  return simulate(scenario, scenario.config.pool.policy.name);
}
