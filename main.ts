/** Reads the command line and runs the command that it names. */
import { parseArgs } from "node:util";
import { type Command, COMMANDS, type Flags, HELP, SWITCH } from "./lib/cli/commands.ts";
import { ConfigError } from "./lib/config/load.ts";
import { ListenError } from "./lib/net/listen_error.ts";
import { complain, exit, OutputError, print } from "./lib/logging/log.ts";
import { VERSION } from "./lib/cli/version.ts";

/** Exit statuses; 0 is a clean stop. */
const FAILED = 1;
const WRONG_USAGE = 2;

if (import.meta.main) await exit(await main(Deno.args));

/** @returns the exit status */
async function main(args: readonly string[]): Promise<number> {
  const isNamed = args[0] !== undefined && !args[0].startsWith("-");
  const [name, flagArgs] = isNamed ? [args[0]!, args.slice(1)] : ["start", args];
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const help = command?.help ?? HELP;
  const flags = command === undefined
    ? `there is no command ${name}`
    : parseFlags(command, flagArgs);
  if (command === undefined || typeof flags === "string") {
    // The error comes last, so that it stays in view; a command's own help would be too long before it.
    if (help === HELP) complain(HELP);
    const hint = help === HELP ? "" : `; see roundabout ${name} --help`;
    complain(`Cannot understand the command line: ${flags}${hint}`);
    return WRONG_USAGE;
  }
  try {
    if (!flags.help && !flags.version) return await command.run(flags);
    print(flags.help ? help : `roundabout ${VERSION}\n`);
    return 0;
  } catch (error) {
    const isUsage = error instanceof ConfigError;
    if (!(isUsage || error instanceof ListenError || error instanceof OutputError)) throw error;
    complain(error.message);
    return isUsage ? WRONG_USAGE : FAILED;
  }
}

/** @returns the flags of a command, or what is wrong with them */
function parseFlags({ flags = {} }: Command, args: readonly string[]): Flags | string {
  const options = { ...flags, help: SWITCH, version: SWITCH } as typeof flags;
  try {
    const { values, tokens } = parseArgs({ args: [...args], options, tokens: true });
    const empty = Object.keys(values).find((name) => [values[name]].flat().includes(""));
    if (empty !== undefined) return `--${empty} has no value`;
    const single = tokens.flatMap((token) => token.kind === "option" ? [token.name] : [])
      .filter((name) => !options[name]?.multiple);
    const repeated = single.find((name, index) => single.indexOf(name) < index);
    return repeated === undefined ? values : `--${repeated} must be given once`;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // parseArgs throws it for a wrong command line
    return error.message;
  }
}
