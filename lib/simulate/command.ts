/** `roundabout simulate`: reads the files, runs the scenario, prints the report. */
import { ConfigError } from "../config/load.ts";
import { print } from "../logging/log.ts";
import { plainMessage } from "../net/plain_message.ts";
import { formatJsonReport } from "./report/json_report.ts";
import { formatTextReport } from "./report/text_report.ts";
import { simulate } from "./run/run.ts";
import { readPoolFile } from "./scenario/pool_file.ts";
import { readScenario } from "./scenario/read_scenario.ts";
import { readRecording } from "./scenario/recorded_arrivals.ts";
import type { SimulateFlags } from "./scenario/scenario.ts";

/**
 * @returns the exit status
 * @throws {ConfigError} with every problem of the scenario
 */
export async function runSimulation(flags: SimulateFlags): Promise<number> {
  const problems: string[] = [];
  const bothFromStdin = flags.scenario === "-" && flags.arrivals === "-";
  if (bothFromStdin) {
    problems.push(
      '--scenario and --arrivals must not both be standard input: current values are "-" and "-"',
    );
  }
  const configuration = await readFile("config", flags.config, problems, joinChunks);
  if (flags.config === undefined && flags.pool !== undefined) {
    problems.push(`--pool needs --config: current value is ${JSON.stringify(flags.pool)}`);
  }
  const files = {
    pool: configuration === undefined
      ? undefined
      : readPoolFile(flags.config!, configuration, flags.pool),
    scenario: await readFile("scenario", flags.scenario, problems, joinChunks),
    arrivals: bothFromStdin
      ? undefined
      : await readFile("arrivals", flags.arrivals, problems, readRecording),
  };
  const { scenario, problems: scenarioProblems } = readScenario({ flags, ...files });
  const all = [...problems, ...scenarioProblems];
  if (scenario === undefined || all.length > 0) throw new ConfigError(all, "simulate");

  const summaries = [];
  for (const policy of scenario.policies) summaries.push(await simulate(scenario, policy));
  const format = flags.json ? formatJsonReport : formatTextReport;
  print(format(scenario, summaries));
  return 0;
}

/**
 * @param flag that gave the path, for messages
 * @param path of the file; `-` is standard input
 * @param problems a file that cannot be read is added here
 * @returns undefined if there is no path, or the file cannot be read
 */
async function readFile<Result>(
  flag: string,
  path: string | undefined,
  problems: string[],
  read: (chunks: AsyncIterable<string>) => Promise<Result>,
): Promise<Result | undefined> {
  if (path === undefined) return undefined;
  try {
    const bytes = path === "-" ? Deno.stdin.readable : (await Deno.open(path)).readable;
    return await read(bytes.pipeThrough(new TextDecoderStream()));
  } catch (error) {
    const found = `current value is ${JSON.stringify(path)}, ${plainMessage(error)}`;
    problems.push(`--${flag} must be a readable file: ${found}`);
    return undefined;
  }
}

async function joinChunks(chunks: AsyncIterable<string>): Promise<string> {
  return (await Array.fromAsync(chunks)).join("");
}
