/** Reads the command line and runs what it asks for. */
import { ConfigError } from "../config/load.ts";
import { complain, OutputError, print } from "../logging/log.ts";
import { ListenError } from "../net/listen_error.ts";
import { readCommandLine } from "./command_line.ts";
import { COMMANDS, PROGRAM } from "./commands.ts";
import { HELP } from "./help.ts";
import type { Signals } from "./signals.ts";
import { VERSION } from "./version.ts";

/** Exit statuses; 0 is a clean stop. */
const FAILED = 1;
const WRONG_USAGE = 2;

/**
 * @param signals that are watched already; undefined if they still end the program
 * @returns the exit status
 */
export async function main(args: readonly string[], signals?: Signals): Promise<number> {
  const asked = readCommandLine(args, PROGRAM);
  if (asked.kind === "wrong") {
    complain(asked.message);
    return WRONG_USAGE;
  }
  try {
    if (asked.kind === "run") {
      const { run } = await COMMANDS[asked.name]!.load();
      return await run(asked.flags, signals);
    }
    print(asked.kind === "help" ? await helpOf(asked.name) : `roundabout ${VERSION}\n`);
    return 0;
  } catch (error) {
    const isUsage = error instanceof ConfigError;
    if (!(isUsage || error instanceof ListenError || error instanceof OutputError)) throw error;
    complain(error.message);
    return isUsage ? WRONG_USAGE : FAILED;
  }
}

/** @param name of a command; undefined for the program itself */
async function helpOf(name: string | undefined): Promise<string> {
  return name === undefined ? HELP : (await COMMANDS[name]!.load()).HELP;
}
