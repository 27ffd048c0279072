/** `roundabout simulate`: reads the files, runs the scenario, prints what came of it. */
import { ConfigError } from "../config/load.ts";
import { print } from "../log.ts";
import { jsonReport } from "./json_report.ts";
import { report } from "./report.ts";
import { simulate } from "./run.ts";
import { readScenario, type SimulateFlags } from "./scenario.ts";

/**
 * @returns the exit status
 * @throws {ConfigError} with every problem of the scenario
 */
export async function runSimulation(flags: SimulateFlags): Promise<number> {
  const problems: string[] = [];
  if (flags.scenario === "-" && flags.arrivals === "-") {
    problems.push("--scenario and --arrivals must not both be standard input");
  }
  const files = {
    scenario: await textOf("scenario", flags.scenario, problems),
    arrivals: await textOf("arrivals", flags.arrivals, problems),
  };
  const { scenario, problems: wrong } = readScenario({ flags, ...files });
  problems.push(...wrong);
  if (scenario === undefined || problems.length > 0) throw new ConfigError(problems, "simulate");

  const summaries = [];
  for (const policy of scenario.policies) summaries.push(await simulate(scenario, policy));
  print(flags.json ? jsonReport(scenario, summaries) : report(scenario, summaries));
  return 0;
}

/** What a file says; undefined where there is none, or it cannot be read, which is told. */
async function textOf(
  flag: string,
  path: string | undefined,
  problems: string[],
): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return path === "-"
      ? await new Response(Deno.stdin.readable).text()
      : await Deno.readTextFile(path);
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
