/** Loads the configuration for a command, and warns of what is probably not meant. */
import {
  loadConfiguration,
  type Loaded,
  misspeltVariables,
  readVariables,
} from "../config/load.ts";
import type { Configuration } from "../config/model.ts";
import type { Rule } from "../config/rules/context.ts";
import { epollRule } from "../config/rules/io.ts";
import { thisMachine } from "../config/this_machine.ts";
import type { ObjectNode } from "../config/tree/node.ts";
import { log } from "../logging/log.ts";

export interface LoadOptions {
  /** The configuration in force, if this one is to take its place. */
  readonly current?: Configuration;
  /** Called with warnings as soon as there are some; by default they are logged. */
  readonly warn?: (warnings: readonly string[]) => void;
}

/**
 * Loads the configuration.
 *
 * @param file the path of the configuration file, if a flag names one
 * @throws {ConfigError} with every problem
 */
export async function loadSettings(
  file: string | undefined,
  { current, warn = logWarnings }: LoadOptions = {},
): Promise<Loaded> {
  warn(misspeltVariables()); // first, as one of them may be why a required setting is missing
  const loaded = await loadConfiguration(readVariables(), file, rulesFor, current);
  warn(loaded.warnings.map(firstLine));
  return loaded;
}

async function rulesFor(file: ObjectNode | undefined): Promise<readonly Rule[]> {
  const ofMachine = epollRule(thisMachine());
  if (file === undefined) return [ofMachine];
  return [ofMachine, ...await (await import("../routing/file_rules.ts")).fileRules(file)];
}

/** Without the excerpt of the file: a message of the log is one line, and has its level before it. */
function firstLine(warning: string): string {
  return warning.split("\n", 1)[0]!.replace(": warning: ", ": ");
}

/** Logs each of the warnings. */
export function logWarnings(warnings: readonly string[]): void {
  for (const warning of warnings) log("warn", warning);
}
