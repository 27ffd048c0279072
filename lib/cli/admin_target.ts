/** Finds the admin port of a balancer for the commands that ask it, and its token. */
import { ConfigError, readVariables } from "../config/load.ts";
import { loadAdminAccess } from "../config/load_admin.ts";
import { complain } from "../logging/log.ts";
import { formatLocalHostPort } from "../net/host_port.ts";
import { plainMessage } from "../net/plain_message.ts";
import { ignoreProxyVariables } from "../net/proxy_variables.ts";
import { AdminClient, type AdminTarget } from "./admin_client.ts";
import { AdminError } from "./admin_error.ts";
import type { Flags } from "./command.ts";

/** The flags of these commands, for their help. */
export const ASKING_HELP =
  `  --config FILE      the configuration file that it was started with (CONFIG)
  --admin URL        its admin port, such as http://10.0.0.5:5001, instead of the one that the settings name
  --token-file FILE  a file with the token of the admin port; otherwise ADMIN_TOKEN or the settings have it
`;

/**
 * Asks a balancer for something.
 *
 * @param what it is asked for, as the error says it: `drain http://users-1:5000`
 * @param ask returns the exit status
 * @returns the exit status; an error has been printed
 * @throws {ConfigError} if it is not known where to ask
 */
export async function askBalancer(
  flags: Flags,
  what: string,
  ask: (client: AdminClient) => Promise<number>,
): Promise<number> {
  const target = await findTarget(flags);
  ignoreProxyVariables();
  try {
    return await ask(new AdminClient(target));
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    complain(`Cannot ${what} as ${error.message}`);
    return error.exitStatus;
  }
}

/** @throws {ConfigError} if a flag or setting is wrong, or if the admin port is off */
export async function findTarget(
  { config, admin, "token-file": tokenFile }: Flags,
): Promise<AdminTarget> {
  const variables = readVariables();
  const given = tokenFile === undefined ? undefined : readTokenFile(tokenFile);
  if (admin !== undefined) {
    const token = given ?? (variables["ADMIN_TOKEN"]?.trim() || undefined);
    return { origin: readOrigin(admin), token: checkToken(token, "ADMIN_TOKEN") };
  }
  const access = await loadAdminAccess(variables, config, given === undefined);
  if (access === undefined) throw refuse("the admin port must be on: it is off");
  const { host, port, token } = access;
  return {
    origin: `http://${formatLocalHostPort(host, port)}`,
    token: checkToken(given ?? token, "admin.token"),
  };
}

function readOrigin(text: string): string {
  const url = URL.parse(text);
  const isOrigin = url?.protocol === "http:" && url.host !== "" &&
    [url.origin, `${url.origin}/`].includes(text.toLowerCase());
  if (!isOrigin) {
    const expected = "http://, a host and a port, such as http://10.0.0.5:5001";
    const shown = text.includes("@") ? "***" : text; // what stands before it may be a password
    throw refuse(`--admin must be ${expected}: current value is ${JSON.stringify(shown)}`);
  }
  return url.origin;
}

function readTokenFile(path: string): string {
  try {
    return checkToken(Deno.readTextFileSync(path).replace(/[\r\n]+$/, ""), "--token-file")!;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw refuse(
      `--token-file must name a readable file: current value is ${JSON.stringify(path)}: ${
        plainMessage(error)
      }`,
    );
  }
}

/** Header fields have room for visible ASCII only. @param from what it comes from */
function checkToken(token: string | undefined, from: string): string | undefined {
  if (token === undefined || /^[!-~]+$/.test(token)) return token;
  throw refuse(`the token of ${from} must be visible ASCII without blanks`);
}

function refuse(problem: string): ConfigError {
  return new ConfigError([problem], "ask the balancer");
}
