/** Loads where the admin port of a balancer is, for commands that ask it. */
import { plainMessage } from "../net/plain_message.ts";
import { assemble } from "./assemble.ts";
import { withoutLineEnd } from "./contents.ts";
import { ConfigError } from "./error.ts";
import { openNamedFile, readEnvironment } from "./load.ts";
import type { Problem } from "./problems/problem.ts";
import { renderProblem } from "./problems/render.ts";
import { problemAt } from "./rules/context.ts";
import { SECTIONS } from "./schema/root.ts";
import type { VariableTexts } from "./source/environment.ts";
import { pathBeside, readBeside } from "./text_files.ts";
import { nodeAt, plain } from "./tree/node.ts";

/** Where a command asks a balancer, and with which token. */
export interface AdminAccess {
  readonly host: string;
  readonly port: number;
  /** Its unix socket, in place of both. */
  readonly unix?: string | undefined;
  /** The path of its certificate; undefined if it has no TLS. */
  readonly certificate?: string | undefined;
  readonly token: string | undefined;
}

/**
 * Loads what commands need to know of the admin port. What is wrong with other settings does not matter: a
 * file is often asked about while it is being changed.
 *
 * @param path as for {@linkcode loadConfiguration}
 * @param needsToken whether the file that has it, if any, must be readable
 * @returns undefined if the admin port is off
 * @throws {ConfigError} with every problem of these settings, and of a file that cannot be read
 */
export async function loadAdminAccess(
  variables: VariableTexts,
  path: string | undefined,
  needsToken: boolean,
): Promise<AdminAccess | undefined> {
  const file = openNamedFile(variables, path);
  const read = file && (await import("./source/jsonc.ts")).readJsonc(file.text);
  const sources = { variables, environment: readEnvironment(), file: read };
  const shown = file && read && { ...file, shown: read.shown };
  const { context, problems } = assemble(sources, []);
  const isBroken = read !== undefined && read.node === undefined;
  const own = problems.filter(({ severity, path }) =>
    severity === "error" && (isBroken || path[0] === "admin")
  );
  const refuse = (problems: readonly Problem[]) =>
    new ConfigError(problems.map((problem) => renderProblem(problem, shown)), "ask the balancer");
  if (own.length > 0) throw refuse(own);
  const node = nodeAt(context.root, ["admin"]);
  const admin = SECTIONS.admin.parse(node === undefined ? {} : plain(node));
  if (admin?.port === undefined) return undefined;
  const { host, port, unix, tls, token } = admin;
  const [named] = tls?.certificates ?? [];
  const place = { host, port, unix, certificate: named && pathBeside(file!, named.cert) };
  if (token === undefined || !needsToken) return { ...place, token: undefined };
  if ("text" in token) return { ...place, token: token.text };
  try {
    return { ...place, token: withoutLineEnd(readBeside(file!, token.file)) };
  } catch (error) {
    const reason = `must name a readable file: ${plainMessage(error)}`;
    throw refuse([problemAt(context, ["admin", "token", "file"], reason)]);
  }
}
