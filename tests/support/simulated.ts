/** Short ways to simulated backends, scenarios and runs. */
import { isReading, type Read } from "../../lib/config/setting.ts";
import type { Summary } from "../../lib/simulate/figures.ts";
import { simulate } from "../../lib/simulate/run.ts";
import {
  readScenario,
  type Scenario,
  type SimulateFlags,
  type Sources,
} from "../../lib/simulate/scenario.ts";

/** The value that was read. @throws where it is a complaint */
export function valueOf<Value>(read: Read<Value>): Value {
  if (isReading(read)) return read.value;
  throw new TypeError(`Cannot be read: ${JSON.stringify(read)}`);
}

/** A scenario, of which nothing is wrong. @throws where something is */
export function scenarioOf(flags: SimulateFlags, files: Omit<Sources, "flags"> = {}): Scenario {
  const { scenario, problems } = readScenario({ flags, ...files });
  if (scenario !== undefined) return scenario;
  throw new TypeError(`Cannot be simulated: ${problems.join("; ")}`);
}

/** What a scenario comes to under its policy. */
export function runOf(flags: SimulateFlags, files: Omit<Sources, "flags"> = {}): Promise<Summary> {
  const scenario = scenarioOf(flags, files);
  return simulate(scenario, scenario.config.POLICY);
}
