/** A proxy in the bench: how it is started, for a job that is the same for all proxies. */
import { listening } from "../processes.ts";
import { pinned } from "../cores.ts";
import { listProcessTree } from "./proc.ts";

/** What a proxy is to do, and where. */
export interface Site {
  readonly port: number;
  readonly tlsPort: number;
  readonly backendPorts: readonly number[];
  /** Processes or threads that handle requests. */
  readonly workers: number;
  readonly cores: readonly number[];
  /** For the files of this contender only. */
  readonly directory: string;
  /** Undefined if none could be made: then TLS is not measured. */
  readonly certificate: Certificate | undefined;
}

/** The files of a certificate, and the certificate itself as PEM. */
export interface Certificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Both in one file, which HAProxy requires. */
  readonly bothFile: string;
  readonly pem: string;
}

export interface Proxy {
  readonly key: string;
  readonly name: string;
  /** Why TLS is not measured, if it is not. */
  readonly withoutTls?: string;
  /** Why several workers are not measured, if they are not. */
  readonly withoutWorkers?: string;
  /** Why it does not send X-Forwarded-For, if it does not. */
  readonly withoutForwardedFor?: string;
  /** Resolves to undefined if it is not installed. */
  version(): Promise<string | undefined>;
  /** Resolves once it listens. */
  start(site: Site): Promise<RunningProxy>;
}

/** Disposing of it ends its processes, but keeps its files in the site's directory. */
export interface RunningProxy extends AsyncDisposable {
  /** The process that is the ancestor of all others of this proxy. */
  readonly pid: number;
}

/** How often proxies that support it probe each backend; the default of this balancer. */
export const HEALTH_INTERVAL_S = 5;

/** Starts a program on the cores of a site. @throws if it does not listen, with what it wrote to stderr */
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

/** Resolves once a process listens. @param said what the process wrote to stderr, once it has ended */
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
  ended.catch(() => {}); // only relevant while it does not listen yet
  const running = { pid: process.pid, [Symbol.asyncDispose]: () => endTree(process) };
  try {
    await Promise.race([Promise.all(ports.map(listening)), ended]);
    return running;
  } catch (error) {
    await endTree(process);
    throw error;
  }
}

/** Ends a process and its descendants. A master process is first, so that it does not restart its workers. */
export async function endTree(process: Deno.ChildProcess): Promise<void> {
  for (const pid of listProcessTree(process.pid)) kill(pid);
  await process.status;
}

/** Ends one process, unless it has already ended. */
export function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
