/** Whether the file that a command was given is the one that a running balancer reads. */
import { ConfigError } from "../config/load.ts";
import { isStatus } from "./admin_answers.ts";
import type { AdminClient } from "./admin_client.ts";

/** A configuration file, and what has named it: `--config` or `CONFIG`. */
export interface NamedFile {
  readonly path: string;
  readonly by: string;
}

/**
 * Makes sure that a balancer on this machine runs with a file, under whatever path: a reload would not read
 * another one.
 *
 * @throws {ConfigError} if it does not
 * @throws {AdminError} if it cannot be asked
 */
export async function expectSameFile(client: AdminClient, { path, by }: NamedFile): Promise<void> {
  const status = client.expect(await client.get("/api/status"), isStatus, "a status");
  const { file } = status.configuration;
  const own = realPath(path);
  if (own !== undefined && file !== null && own === realPath(file)) return;
  const balancer = `the balancer on ${client.address}`;
  const expected = file === null
    ? `must not be set as ${balancer} runs without a file`
    : `must name the file that ${balancer} runs with, ${JSON.stringify(file)}`;
  const problem = `${by} ${expected}: current value is ${JSON.stringify(path)}`;
  throw new ConfigError([problem], "compare the configuration");
}

/** @returns undefined if there is no such file here: the balancer may run elsewhere, or in a container */
function realPath(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}
