/** Reads the command line and runs what it asks for. */
import { parseArgs } from "node:util";
import { type Command, COMMANDS, type Flags, HELP, SWITCH } from "./lib/cli/commands.ts";
import { ConfigError } from "./lib/config/load.ts";
import { ListenError } from "./lib/net/listen_error.ts";
import { complain, OutputError, print } from "./lib/logging/log.ts";
import { VERSION } from "./lib/cli/version.ts";

/** Exit statuses; 0 is a clean stop. */
const FAILED = 1;
const WRONG_USAGE = 2;

if (import.meta.main) Deno.exit(await main(Deno.args));

/** @returns the exit status */
async function main(args: readonly string[]): Promise<number> {
  const isNamed = args[0] !== undefined && !args[0].startsWith("-");
  const [name, rest] = isNamed ? [args[0]!, args.slice(1)] : ["start", args];
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const help = command?.help ?? HELP;
  const flags = command === undefined ? `no command ${name}` : flagsOf(command, rest);
  if (command === undefined || typeof flags === "string") {
    // What is wrong comes last, where it is seen; a long help is not in its way.
    if (help === HELP) complain(HELP);
    const more = help === HELP ? "" : `; roundabout ${name} --help tells its flags`;
    complain(`Cannot understand the command line: ${flags}${more}`);
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

/** The flags of a command, or what is wrong with them. */
function flagsOf({ flags = {} }: Command, args: readonly string[]): Flags | string {
  const options = { ...flags, help: SWITCH, version: SWITCH } as typeof flags;
  try {
    const { values, tokens } = parseArgs({ args: [...args], options, tokens: true });
    const empty = Object.keys(values).find((name) => [values[name]].flat().includes(""));
    if (empty !== undefined) return `--${empty} has no value`;
    const once = tokens.flatMap((token) => token.kind === "option" ? [token.name] : [])
      .filter((name) => !options[name]?.multiple);
    const twice = once.find((name, place) => once.indexOf(name) < place);
    return twice === undefined ? values : `--${twice} must be given once`;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // what parseArgs throws at a wrong command line
    return error.message;
  }
}
