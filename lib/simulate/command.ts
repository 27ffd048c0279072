/** `roundabout simulate`: reads the files, runs the scenario, prints what came of it. */
import { ConfigError } from "../config/load.ts";
import { print } from "../logging/log.ts";
import { jsonReport } from "./report/json_report.ts";
import {
  ArrivalsReader,
  MAX_LINE_CHARACTERS,
  type Recording,
} from "./scenario/recorded_arrivals.ts";
import { report } from "./report/text_report.ts";
import { simulate } from "./run/run.ts";
import { readScenario, type SimulateFlags } from "./scenario/scenario.ts";

/**
 * @returns the exit status
 * @throws {ConfigError} with every problem of the scenario
 */
export async function runSimulation(flags: SimulateFlags): Promise<number> {
  const problems: string[] = [];
  const both = flags.scenario === "-" && flags.arrivals === "-";
  if (both) {
    problems.push(
      '--scenario and --arrivals must not both be standard input: current values are "-" and "-"',
    );
  }
  const files = {
    scenario: await read("scenario", flags.scenario, problems, textOf),
    arrivals: both ? undefined : await read("arrivals", flags.arrivals, problems, recordingOf),
  };
  const { scenario, problems: wrong } = readScenario({ flags, ...files });
  const all = [...problems, ...wrong];
  if (scenario === undefined || all.length > 0) throw new ConfigError(all, "simulate");

  const summaries = [];
  for (const policy of scenario.policies) summaries.push(await simulate(scenario, policy));
  print(flags.json ? jsonReport(scenario, summaries) : report(scenario, summaries));
  return 0;
}

/** What a file comes to; undefined where there is none, or it cannot be read, which is told. */
async function read<Result>(
  flag: string,
  path: string | undefined,
  problems: string[],
  reader: (parts: AsyncIterable<string>) => Promise<Result>,
): Promise<Result | undefined> {
  if (path === undefined) return undefined;
  try {
    const bytes = path === "-" ? Deno.stdin.readable : (await Deno.open(path)).readable;
    return await reader(bytes.pipeThrough(new TextDecoderStream()));
  } catch (error) {
    const found = `current value is ${JSON.stringify(path)}`;
    problems.push(
      error instanceof Deno.errors.NotCapable
        ? `--${flag} must be - for standard input, as this program may read no files: ${found}`
        : `--${flag} must be a file that can be read: ${found}, ${(error as Error).message}`,
    );
    return undefined;
  }
}

async function textOf(parts: AsyncIterable<string>): Promise<string> {
  return (await Array.fromAsync(parts)).join("");
}

/** Line by line, as a file of millions of requests is longer than a text can be. */
async function recordingOf(parts: AsyncIterable<string>): Promise<Recording> {
  const reader = new ArrivalsReader();
  let rest = "";
  for await (const part of parts) {
    const lines = part.split("\n");
    lines[0] = rest + lines[0]!;
    rest = lines.pop()!;
    for (const line of lines) reader.add(line);
    if (rest.length > MAX_LINE_CHARACTERS) reader.add(rest); // which ends it
    if (reader.isOver) break;
  }
  reader.add(rest);
  return reader.finish();
}
