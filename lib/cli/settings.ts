/** Loads the configuration for a command, and warns of what is probably not meant. */
import {
  loadConfiguration,
  type Loaded,
  misspeltVariables,
  readVariables,
} from "../config/load.ts";
import type { Rule } from "../config/rules/context.ts";
import { FILE_VARIABLE } from "../config/source/variables.ts";
import { log } from "../logging/log.ts";

/**
 * Loads the configuration.
 *
 * @param file the path of the configuration file, if a flag names one
 * @throws {ConfigError} with every problem
 */
export async function loadSettings(file: string | undefined): Promise<Loaded> {
  warn(misspeltVariables()); // first, as one of them may be why a required setting is missing
  const variables = readVariables();
  const hasFile = (file ?? variables[FILE_VARIABLE]?.trim() ?? "") !== "";
  const loaded = await loadConfiguration(variables, file, hasFile ? await loadRouteRules() : []);
  warn(loaded.warnings.map(firstLine));
  return loaded;
}

/** The rules of routes, which only a file has: their memory would be held as long as this runs. */
async function loadRouteRules(): Promise<readonly Rule[]> {
  const [{ checkReachable }, { checkExpressions }, { checkExposed }] = await Promise.all([
    import("../routing/unreachable.ts"),
    import("../routing/check_expressions.ts"),
    import("../routing/exposed.ts"),
  ]);
  return [checkReachable, checkExpressions, checkExposed];
}

/** Without the excerpt of the file: a message of the log is one line, and has its level before it. */
function firstLine(warning: string): string {
  return warning.split("\n", 1)[0]!.replace(": warning: ", ": ");
}

/** Logs each of the warnings. */
export function warn(warnings: readonly string[]): void {
  for (const warning of warnings) log("warn", warning);
}
