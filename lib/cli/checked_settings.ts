/** Loads the configuration for what runs by it: with the tests of its file. */
import { ConfigError, type Loaded } from "../config/load.ts";
import { problemAt } from "../config/rules/context.ts";
import { renderProblem } from "../config/problems/render.ts";
import { writtenBack } from "../config/tree/as_written.ts";
import { formatConsidered, runTests, type TestResult } from "../routing/run_tests.ts";
import { loadConditionTools } from "../routing/tools.ts";

/** Runs the tests of a configuration file. @throws {ConfigError} if any of them fails, with all that do */
export async function checkTests(loaded: Loaded): Promise<void> {
  const { configuration } = loaded;
  if (configuration.tests.length === 0) return;
  const tools = await loadConditionTools(configuration.routes.map(({ match }) => match));
  const failed = runTests(configuration, tools).filter(({ differences }) => differences.length > 0);
  if (failed.length === 0) return;
  throw new ConfigError(
    failed.map((result) => describeFailure(result, loaded)),
    "accept the configuration",
    failed.length,
    loaded.files,
  );
}

/** What was not as expected, each at its place, and how the routes were considered. */
function describeFailure(
  { index, answer, differences }: TestResult,
  { context, file }: Loaded,
): string {
  const asWritten = writtenBack(context.root);
  const problems = differences.map(({ path, expected, found }) => {
    const shown = (text: string) =>
      path.at(-1) === "status" ? text : JSON.stringify(asWritten(text));
    return problemAt(context, ["tests", index, ...path], `must be ${shown(expected)}`, {
      found: found === undefined ? "none" : shown(found),
    });
  });
  return [
    ...problems.map((problem) => renderProblem(problem, file)),
    ...formatConsidered(answer).map((line) => `  ${line}`),
  ].join("\n");
}
