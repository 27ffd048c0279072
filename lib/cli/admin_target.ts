/** Finds the admin port of a balancer for the commands that ask it, and its token. */
import { ConfigError, readVariables } from "../config/load.ts";
import { type AdminAccess, loadAdminAccess } from "../config/load_admin.ts";
import { isReading, refusalOf } from "../config/values/reading.ts";
import { isUnixUrl, readAdminUrl } from "../config/values/unix_socket.ts";
import { complain } from "../logging/log.ts";
import { plainMessage } from "../net/plain_message.ts";
import { ignoreProxyVariables } from "../net/proxy_variables.ts";
import { pemBlocks } from "../tls/pem.ts";
import { AdminClient, type AdminTarget } from "./admin_client.ts";
import { AdminError } from "./admin_error.ts";
import { originOf, type Trust } from "./admin_place.ts";
import type { Flags } from "./command.ts";

/** The flags of these commands, for their help. */
export const ASKING_HELP =
  `  --config FILE      the configuration file that it was started with (CONFIG)
  --admin URL        its admin port, such as https://10.0.0.5:5001 or unix:/run/roundabout/admin.sock, instead
                     of the one that the settings name
  --admin-ca FILE    the authority of its certificate, in PEM; without it the one that the settings name is
                     expected, and with --admin one that everybody trusts
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
  { config, admin, "admin-ca": caFile, "token-file": tokenFile }: Flags,
): Promise<AdminTarget> {
  const variables = readVariables();
  const authorities = caFile === undefined ? undefined : readCertificates("--admin-ca", caFile);
  const given = tokenFile === undefined ? undefined : readTokenFile(tokenFile);
  if (admin !== undefined) {
    const token = given ?? (variables["ADMIN_TOKEN"]?.trim() || undefined);
    const origin = readOrigin(admin);
    checkTrustIsUsed(origin, authorities);
    return {
      origin,
      trust: authorities === undefined ? undefined : { authorities },
      token: checkToken(token, "ADMIN_TOKEN"),
    };
  }
  const access = await loadAdminAccess(variables, config, given === undefined);
  if (access === undefined) throw refuse("the admin port must be on: it is off");
  const origin = originOf(access);
  checkTrustIsUsed(origin, authorities);
  return {
    origin,
    trust: authorities === undefined ? ownTrust(access) : { authorities },
    token: checkToken(given ?? access.token, "admin.token"),
  };
}

/** What the settings say of its certificate. */
function ownTrust({ certificate }: AdminAccess): Trust | undefined {
  if (certificate === undefined) return undefined;
  return { own: readCertificates("admin.tls.certificates[0].cert", certificate) };
}

function checkTrustIsUsed(origin: string, authorities: string | undefined): void {
  if (authorities !== undefined && !origin.startsWith("https:")) {
    throw refuse(`--admin-ca has no effect without https: the admin port is ${origin}`);
  }
}

function readOrigin(text: string): string {
  if (isUnixUrl(text)) {
    const read = readAdminUrl(text);
    if (isReading(read)) return read.value;
    const { expected } = refusalOf(read)!;
    throw refuse(`--admin ${expected}: current value is ${JSON.stringify(text)}`);
  }
  const url = URL.parse(text);
  const isOrigin = (url?.protocol === "http:" || url?.protocol === "https:") && url.host !== "" &&
    [url.origin, `${url.origin}/`].includes(text.toLowerCase());
  if (!isOrigin) {
    const expected = "http:// or https://, a host and a port, such as http://10.0.0.5:5001, or " +
      "unix: and a path";
    const shown = text.includes("@") ? "***" : text; // what stands before it may be a password
    throw refuse(`--admin must be ${expected}: current value is ${JSON.stringify(shown)}`);
  }
  return url.origin;
}

function readTokenFile(path: string): string {
  return checkToken(readNamed("--token-file", path).replace(/[\r\n]+$/, ""), "--token-file")!;
}

/** Those of a file that may hold a key, too, in PEM. */
function readCertificates(name: string, path: string): string {
  const blocks = pemBlocks(readNamed(name, path)).filter(({ label }) => label === "CERTIFICATE");
  if (blocks.length > 0) return blocks.map(({ text }) => text).join("");
  throw refuse(
    `${name} must name a file with a certificate in PEM: current value is ${JSON.stringify(path)}`,
  );
}

/** @param name of what names the file */
function readNamed(name: string, path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw refuse(
      `${name} must name a readable file: current value is ${JSON.stringify(path)}: ${
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
