/** What the bench knows of a contender: how it is started for a job that is the same for all of them. */
import { listening } from "../processes.ts";
import { pinned } from "../cores.ts";
import { treeOf } from "./proc.ts";

/** The job, and where it is done. */
export interface Site {
  readonly port: number;
  readonly tlsPort: number;
  readonly backendPorts: readonly number[];
  /** Processes or threads that handle requests. */
  readonly workers: number;
  readonly cores: readonly number[];
  /** For the files of this contender alone. */
  readonly directory: string;
  /** Undefined where none could be made: then there is no TLS. */
  readonly certificate: Certificate | undefined;
}

/** Where its files are, and the certificate itself as PEM. */
export interface Certificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Both in one file, as HAProxy wants them. */
  readonly bothFile: string;
  readonly pem: string;
}

export interface Proxy {
  readonly key: string;
  readonly name: string;
  /** Why it has no row for TLS, if that is so. */
  readonly withoutTls?: string;
  /** Why it has no more than one worker, if that is so. */
  readonly withoutWorkers?: string;
  /** Undefined where it is not installed. */
  version(): Promise<string | undefined>;
  /** Resolves once it listens. */
  start(site: Site): Promise<RunningProxy>;
}

/** Its files stay in the directory of its site. */
export interface RunningProxy extends AsyncDisposable {
  /** The process that all others of this proxy come of. */
  readonly pid: number;
}

/**
 * How often the proxies that can look for the health of a backend do so, in seconds; the default of this
 * balancer.
 */
export const HEALTH_INTERVAL = 5;

/** Starts a program on the cores of a site. @throws where it does not listen, with what it said of that */
export async function startProgram(
  [program, ...args]: readonly [string, ...string[]],
  site: Site,
  env: Record<string, string> = {},
): Promise<RunningProxy> {
  const [command, ...words] = [...pinned(site.cores), program, ...args];
  const process = new Deno.Command(command!, {
    args: words,
    env,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said = new Response(process.stderr).text();
  return await whenReady(program, process, site, said);
}

/** Resolves once a process listens. @param said what it wrote to say why it does not, once it has ended */
export async function whenReady(
  program: string,
  process: Deno.ChildProcess,
  { port, tlsPort, certificate }: Site,
  said: Promise<string> = Promise.resolve(""),
  hasTls = certificate !== undefined,
): Promise<RunningProxy> {
  const ports = hasTls ? [port, tlsPort] : [port];
  const ended = process.status.then(async ({ code }) => {
    throw new Error(
      `Cannot start ${program} as it ended with status ${code}: ${(await said).trim()}`,
    );
  });
  ended.catch(() => {}); // it ends one day; what counts is whether it does before it listens
  const running = { pid: process.pid, [Symbol.asyncDispose]: () => endTree(process) };
  try {
    await Promise.race([Promise.all(ports.map(listening)), ended]);
    return running;
  } catch (error) {
    await endTree(process);
    throw error;
  }
}

/**
 * Ends a process and all that came of it: a master process first, so that it starts nothing in place of its
 * workers.
 */
export async function endTree(process: Deno.ChildProcess): Promise<void> {
  for (const pid of treeOf(process.pid)) kill(pid);
  await process.status;
}

/** Ends one process, unless it has ended by itself. */
export function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
