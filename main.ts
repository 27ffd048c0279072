/** Reads the command line and runs what it asks for. */
import { parseArgs } from "@std/cli/parse-args";
import { type CommandName, COMMANDS, HELP } from "./lib/commands.ts";
import { ConfigError } from "./lib/config/load.ts";
import { complain, print } from "./lib/log.ts";
import { ListenError } from "./lib/start.ts";
import { VERSION } from "./lib/version.ts";

/** Exit statuses; 0 is a clean stop. */
const FAILED = 1;
const WRONG_USAGE = 2;

if (import.meta.main) Deno.exit(await main(Deno.args));

/** @returns the exit status */
async function main(args: readonly string[]): Promise<number> {
  const unknown: string[] = [];
  const flags = parseArgs([...args], {
    boolean: ["help", "version"],
    string: ["name"],
    default: { name: "backend" },
    unknown: (option: string) => !option.startsWith("-") || unknown.push(option) < 0,
  });
  const [command = "start", ...rest] = flags._.map(String);
  if (unknown.length > 0 || rest.length > 0 || !Object.hasOwn(COMMANDS, command)) {
    const wrong = [...unknown, ...(Object.hasOwn(COMMANDS, command) ? rest : [command])];
    complain(`Cannot understand the command line: ${wrong.join(" ")}\n\n${HELP}`);
    return WRONG_USAGE;
  }
  if (flags.help || flags.version) {
    print(flags.help ? HELP : `roundabout ${VERSION}\n`);
    return 0;
  }
  try {
    return await COMMANDS[command as CommandName](flags);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof ListenError)) throw error;
    complain(error.message);
    return error instanceof ConfigError ? WRONG_USAGE : FAILED;
  }
}
