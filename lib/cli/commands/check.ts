/** `roundabout check`: checks the configuration, runs its tests, and says where requests would go. */
import { ConfigError, type Loaded, readVariables } from "../../config/load.ts";
import { printConfiguration } from "../../config/print.ts";
import {
  FILE_VARIABLE,
  type Variable,
  VARIABLE_NAMES,
  VARIABLES,
} from "../../config/source/variables.ts";
import { DEFAULTS } from "../../config/source/variable_defaults.ts";
import { print } from "../../logging/log.ts";
import { formatConsidered } from "../../routing/run_tests.ts";
import { loadConditionTools } from "../../routing/tools.ts";
import { type Answer, tryRequest } from "../../routing/try_request.ts";
import { checkTests } from "../checked_settings.ts";
import type { Flags } from "../command.ts";
import type { NamedFile } from "../same_file.ts";
import { loadSettings } from "../settings.ts";
import { readTriedRequest } from "../tried_request.ts";

export const HELP = `roundabout check: check the configuration

Usage: roundabout check [--config FILE] [--print]
       roundabout check [--config FILE] --request "GET https://api.example.com/users/7"
       roundabout check [--config FILE] --diff [--admin URL] [--admin-ca FILE] [--token-file FILE]
       roundabout check --schema

  --config FILE     the configuration file (CONFIG)
  --print           print every setting as it applies, and where it comes from
  --request REQUEST say where a request would go, and why no other route takes it
  --client ADDRESS  its client (192.0.2.1)
  --listener NAME   the listener that it comes in at (the first one of its scheme)
  --header LINE     one of its headers, such as "X-Beta: 1"; may be given several times
  --diff            ask the running balancer what a reload would change; a file that is named must be its own
  --admin URL       its admin port, instead of the one that the settings name
  --admin-ca FILE   the authority of its certificate, if it has one that is not publicly trusted
  --token-file FILE a file with the token of the admin port
  --schema          print the JSON Schema of the configuration file

It lists everything that is wrong, with its place, and runs the tests of the file. Exit status 0 if all is
right, otherwise 2; with --diff 1 if the balancer cannot be asked. Without a file it prints the settings of
the environment.
`;

export async function run(flags: Flags): Promise<number> {
  refuseWithoutEffect(flags);
  if (flags.diff) return await compare(flags);
  if (flags.schema) {
    print((await import("../../config/schema/json_schema.ts")).formatJsonSchema());
    return 0;
  }
  const loaded = await loadSettings(flags.config);
  const { configuration, context, file } = loaded;
  const request = readTriedRequest(flags, configuration.listeners);
  const failure = await checkTests(loaded).then(() => undefined, (error) => error);
  if (flags.print) print(printConfiguration(context.root, file));
  if (request !== undefined) {
    const tools = await loadConditionTools(configuration.routes.map(({ match }) => match));
    print(formatAnswer(tryRequest(configuration.routes, request, tools)));
  } else if (!flags.print && failure === undefined) {
    print(file === undefined ? listVariables(loaded) : summarize(loaded));
  }
  if (failure !== undefined) throw failure;
  return 0;
}

/** Nothing is accepted and ignored. @throws {ConfigError} if a flag has no effect */
function refuseWithoutEffect(flags: Flags): void {
  if (flags.diff) {
    const lone = (["print", "schema", "request"] as const).filter((flag) => flags[flag]);
    const problems = lone.map((flag) => `--${flag} has no effect with --diff`);
    if (problems.length > 0) throw new ConfigError(problems, "compare the configuration");
    return;
  }
  const lone = (["admin", "admin-ca", "token-file"] as const).filter((flag) =>
    flags[flag] !== undefined
  );
  const problems = lone.map((flag) => `--${flag} has no effect without --diff`);
  if (problems.length > 0) throw new ConfigError(problems, "ask the balancer");
}

/**
 * Asks the running balancer what a reload would change. It reads its own file: if one is named here, it is
 * checked, and must be that one.
 */
async function compare(flags: Flags): Promise<number> {
  const named = fileNamed(flags);
  if (named !== undefined) await checkTests(await loadSettings(flags.config));
  const { askBalancer } = await import("../admin_target.ts");
  const { report } = await import("../reload_report.ts");
  const { expectSameFile } = await import("../same_file.ts");
  return await askBalancer(flags, "compare the configuration", async (client) => {
    if (named !== undefined) await expectSameFile(client, named);
    return report(client, await client.reload({ dryRun: true }));
  });
}

/** With --admin only --config counts: CONFIG is about the balancer that the settings name. */
function fileNamed({ config, admin }: Flags): NamedFile | undefined {
  if (config !== undefined) return { path: config, by: "--config" };
  const path = admin === undefined ? readVariables()[FILE_VARIABLE]?.trim() : undefined;
  return path ? { path, by: FILE_VARIABLE } : undefined;
}

function formatAnswer(answer: Answer): string {
  const { route, pools, path, status, location } = answer;
  const lines = [
    ...formatConsidered(answer),
    "",
    ...(route === undefined ? [] : [`route: ${route}`]),
    ...(pools.length === 0 ? [] : [`pool: ${pools.join(" or ")}`]),
    ...(path === undefined ? [] : [`path at the backend: ${path}`]),
    ...(status === undefined ? [] : [`status: ${status}`]),
    ...(location === undefined ? [] : [`location: ${location}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function summarize({ configuration, file }: Loaded): string {
  const { listeners, pools, routes, tests } = configuration;
  const counts = [
    count(Object.keys(listeners).length, "listener"),
    count(Object.keys(pools).length, "pool"),
    count(routes.length, "route"),
    `${count(tests.length, "test")} passed`,
  ];
  return `${file!.name} is valid: ${counts.join(", ")}\n`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** The settings of the environment, as a user would write them; a secret is masked. */
function listVariables({ context: { variables } }: Loaded): string {
  return VARIABLE_NAMES.map((name) => {
    const variable: Variable = VARIABLES[name];
    const text = variables[name];
    const isSecret = variable.isSecret && text && text !== DEFAULTS[name];
    return `${name}=${isSecret ? "***" : text || DEFAULTS[name]}\n`;
  }).join("");
}
