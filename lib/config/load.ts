/** Loads the configuration: built-in defaults, then the file, then `.env`, then the environment. */
import { plainMessage } from "../net/plain_message.ts";
import { assemble, type Assembled } from "./assemble.ts";
import type { CertificateFiles } from "./certificates.ts";
import { certificatesInForce } from "./certificates_in_force.ts";
import { readContents, type ReadText } from "./contents.ts";
import { ConfigError } from "./error.ts";
import { readLists } from "./lists.ts";
import type { Configuration } from "./model.ts";
import type { Problem } from "./problems/problem.ts";
import { renderProblem, type SourceFile } from "./problems/render.ts";
import type { Rule, RuleContext } from "./rules/context.ts";
import { nodeAt, type ObjectNode, type Path } from "./tree/node.ts";
import { inOrder } from "./order.ts";
import { type EnvFile, readEnvFile } from "./source/env_file.ts";
import type { VariableTexts } from "./source/environment.ts";
import { misspelt } from "./source/misspelt.ts";
import { FILE_VARIABLE, SETTING_NAMES } from "./source/variables.ts";
import { isExposed, pathBeside, readText } from "./text_files.ts";

export { ConfigError } from "./error.ts";

/** Whoever has more problems than these has one that causes the others. */
const MAX_PROBLEMS = 50;

/** Has variables, and is read from the working directory. */
export const ENV_FILE = ".env";

/** A configuration that can be used, and what it was made of. */
export interface Loaded extends Assembled {
  readonly configuration: Configuration;
  /** The configuration file; undefined if there is none. */
  readonly file: SourceFile | undefined;
  /**
   * The files that were read, or tried, `.env` included: once one of them changes, the configuration may be
   * another one. Relative paths start at the working directory.
   */
  readonly files: readonly string[];
  /** What is probably not meant: a sentence, or several lines, each. */
  readonly warnings: readonly string[];
}

/**
 * Reads the variables from `.env` in the working directory and from the environment, which wins.
 *
 * @throws {ConfigError} if `.env` exists and cannot be read, or if a line of it is no setting; then with
 * every problem of the settings that are set
 */
export function readVariables(): VariableTexts {
  const file = openEnvFile();
  const texts: VariableTexts = Object.fromEntries(
    SETTING_NAMES.map((name) => [name, Deno.env.get(name) ?? file.texts[name]]),
  );
  if (file.problems.length > 0) {
    const others = problemsOf(texts).filter(({ place }) =>
      place?.kind === "variable" && texts[place.name]
    );
    const problems = [
      ...file.problems,
      ...others.map((problem) => renderProblem(problem, undefined)),
    ];
    throw new ConfigError(problems, "start", problems.length, [ENV_FILE]);
  }
  return texts;
}

/**
 * Loads the configuration from all sources.
 *
 * @param path of the configuration file; by default the one that CONFIG names, if it names one
 * @param rulesFor a file, or variables alone, beside those of this folder: a rule is loaded only if it is needed
 * @param current the configuration in force, if this one is to take its place
 * @throws {ConfigError} with every problem, and with the files that may have caused them
 */
export async function loadConfiguration(
  variables: VariableTexts,
  path: string | undefined,
  rulesFor: (file: ObjectNode | undefined) => Promise<readonly Rule[]> = () => Promise.resolve([]),
  current?: Configuration,
): Promise<Loaded> {
  const file = openNamedFile(variables, path);
  if (file === undefined) {
    const rules = await rulesFor(undefined);
    const assembled = assemble({ variables, environment: {}, file: undefined }, rules);
    return load(assembled, undefined, await readersFor(assembled), current);
  }
  // The parser is loaded only for a file: its memory would be held as long as this runs.
  const read = (await import("./source/jsonc.ts")).readJsonc(file.text);
  const rules = await rulesFor(read.node);
  const sources = { variables, environment: readEnvironment(), file: read };
  const assembled = assemble(sources, rules);
  return load(assembled, { ...file, shown: read.shown }, await readersFor(assembled), current);
}

/**
 * Makes a configuration of variables alone, of which none names a file.
 *
 * @param rules beside those of this folder
 * @throws {ConfigError} with every problem
 */
export function parseVariables(variables: VariableTexts, rules: readonly Rule[] = []): Loaded {
  return load(assemble({ variables, environment: {}, file: undefined }, rules), undefined, []);
}

/** Where a balancer or a demo backend listens. */
export interface Addresses {
  readonly host: string;
  readonly port: number;
  /** A unix socket in place of both. */
  readonly unix?: string | undefined;
  /** Undefined if the admin port is off. */
  readonly admin: { readonly host: string; readonly port: number } | undefined;
}

/**
 * Parses the addresses only, for a demo backend or a health check: these need no other setting.
 *
 * @throws {ConfigError} with every problem of these settings
 */
export function parseAddresses(variables: VariableTexts): Addresses {
  const names = ["PORT", "HOST", "ADMIN_PORT", "ADMIN_HOST"];
  const texts = Object.fromEntries(names.map((name) => [name, variables[name]]));
  const problems = problemsOf(texts).filter(({ place }) =>
    place?.kind === "variable" && names.includes(place.name)
  );
  if (problems.length > 0) {
    throw new ConfigError(problems.map((problem) => renderProblem(problem, undefined)));
  }
  return addressesOf(
    assemble({
      variables: { ...texts, USERS_SERVICE: "http://any" },
      environment: {},
      file: undefined,
    }, []).configuration!,
  );
}

/**
 * Loads the addresses of a balancer: from the configuration file, if there is one.
 *
 * @param path as for {@linkcode loadConfiguration}
 * @throws {ConfigError} with every problem: of the whole configuration, if there is a file
 */
export async function loadAddresses(
  variables: VariableTexts,
  path: string | undefined,
): Promise<Addresses> {
  const hasFile = path !== undefined || variables[FILE_VARIABLE]?.trim();
  if (!hasFile) return parseAddresses(variables);
  return addressesOf((await loadConfiguration(variables, path)).configuration);
}

/** Variables of the environment that look like misspelt settings. @returns one sentence each */
export function misspeltVariables(): string[] {
  return misspelt(readEnvironment());
}

type ReadCertificates = typeof import("./certificates.ts").readCertificates;

/** What reads certificates, where there are some: the memory of node:crypto would be held as long as this runs. */
async function readersFor({ configuration }: Assembled): Promise<readonly ReadCertificates[]> {
  const listeners = Object.values(configuration?.listeners ?? {});
  const pools = Object.values(configuration?.pools ?? {});
  return [
    ...listeners.some(({ tls }) => tls?.certificates || tls?.clientCa || tls?.acme)
      ? [(await import("./certificates.ts")).readCertificates]
      : [],
    ...configuration?.admin?.tls
      ? [(await import("./admin_certificate.ts")).readAdminCertificate]
      : [],
    ...pools.some(({ tls }) => tls?.ca ?? tls?.cert)
      ? [(await import("./backend_tls.ts")).readBackendTls]
      : [],
  ];
}

/** @param certificateReaders those that are needed */
function load(
  assembled: Assembled,
  file: SourceFile | undefined,
  certificateReaders: readonly ReadCertificates[],
  current?: Configuration,
): Loaded {
  const files = new Set([ENV_FILE, ...(file === undefined ? [] : [file.name])]);
  const { configuration: written, context } = assembled;
  const read = (path: string) => {
    files.add(path);
    return readText(path);
  };
  const unread: Problem[] = [];
  let configuration = written && file
    ? readFiles(written, (path) => read(pathBeside(file, path)), context, unread)
    : written;
  const reading = {
    files: certificateFiles(context, file, read),
    context,
    now: Date.now(),
    inForce: certificatesInForce(current),
    problems: unread,
  };
  for (const readThem of configuration === undefined ? [] : certificateReaders) {
    configuration = readThem(configuration!, reading);
  }
  const problems = inOrder([...assembled.problems, ...unread]);
  const [errors, warnings] = [[] as Problem[], [] as Problem[]];
  for (const problem of problems) (problem.severity === "error" ? errors : warnings).push(problem);
  const render = (problems: readonly Problem[]) =>
    problems.slice(0, MAX_PROBLEMS).map((problem) => renderProblem(problem, file));
  if (configuration === undefined || errors.length > 0) {
    throw new ConfigError(render(errors), "start", errors.length, [...files]);
  }
  return { ...assembled, configuration, file, files: [...files], warnings: render(warnings) };
}

/** Puts in what stands in files of its own. @param problems those of these files are added here */
function readFiles(
  configuration: Configuration,
  read: ReadText,
  context: RuleContext,
  problems: Problem[],
): Configuration {
  return readLists(readContents(configuration, read, context, problems), read, context, problems);
}

/** Reads certificates: one that a variable names is found from the working directory. */
function certificateFiles(
  { root }: RuleContext,
  file: SourceFile | undefined,
  read: ReadText,
): CertificateFiles {
  const fullPath = (path: string, at: Path) =>
    file === undefined || nodeAt(root, at)?.place.kind === "variable"
      ? path
      : pathBeside(file, path);
  return {
    read: (path, at) => read(fullPath(path, at)),
    isExposed: (path, at) => isExposed(fullPath(path, at)),
  };
}

/** The problems of variables, without those that only a whole configuration has. */
function problemsOf(variables: VariableTexts): readonly Problem[] {
  return assemble({ variables, environment: {}, file: undefined }, []).problems
    .filter(({ severity }) => severity === "error");
}

function addressesOf({ listeners, admin }: Configuration): Addresses {
  const [listener] = Object.values(listeners);
  const { host, port, unix } = listener!;
  return {
    host,
    port,
    unix,
    admin: admin?.port === undefined ? undefined : { host: admin.host, port: admin.port },
  };
}

/** The whole environment; nothing of it if only some variables may be read. */
export function readEnvironment(): Record<string, string> {
  try {
    return Deno.env.toObject();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return {};
    throw error;
  }
}

function openEnvFile(): EnvFile {
  try {
    return readEnvFile(Deno.readTextFileSync(ENV_FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { texts: {}, problems: [] };
    const problem = `${ENV_FILE} must be a readable file: ${plainMessage(error)}`;
    throw new ConfigError([problem], "start", 1, [ENV_FILE]);
  }
}

/** The file that a flag or else CONFIG names, if one does. */
export function openNamedFile(variables: VariableTexts, path: string | undefined) {
  const name = path ?? (variables[FILE_VARIABLE]?.trim() || undefined);
  const from = path === undefined ? "CONFIG" : "--config";
  return name === undefined ? undefined : openConfigFile(name, from);
}

/** @param from what names it, for messages */
function openConfigFile(name: string, from: string): Pick<SourceFile, "name" | "text"> {
  try {
    return { name, text: readText(name).replace(/^\uFEFF/, "") };
  } catch (error) {
    const problem = `${from} must name a readable file: current value is ${JSON.stringify(name)}: ${
      plainMessage(error)
    }`;
    throw new ConfigError([problem], "start", 1, [ENV_FILE, name]);
  }
}
