/** Processes and ports for the bench scripts; everything runs on loopback. */
import { v8FlagsOf } from "../support/program.ts";

export const ROOT = new URL("../../", import.meta.url).pathname;

/** The flags of the task, as a bench should run what users run. */
export const V8_FLAGS = v8FlagsOf("start")[0]!;

/**
 * Starts a script of this repository, with the main program's configuration.
 *
 * @param before words of a command that goes before, to run it in another way, as taskset does
 */
export function spawn(
  args: readonly string[],
  env: Record<string, string> = {},
  stdout: "null" | "piped" = "null",
  before: readonly string[] = [],
): Deno.ChildProcess {
  const [program, ...words] = [...before, Deno.execPath()];
  return new Deno.Command(program!, {
    args: [...words, "run", "--quiet", "-A", V8_FLAGS, `--config=${ROOT}deno.json`, ...args],
    env,
    stdin: "null",
    stdout,
    stderr: "null",
  }).spawn();
}

/** Starts a balancer over backends on these ports. @param before as of {@linkcode spawn} */
export function spawnBalancer(
  port: number,
  backendPorts: readonly number[],
  env: Record<string, string> = {},
  before: readonly string[] = [],
): Deno.ChildProcess {
  const settings = {
    USERS_SERVICE: backendPorts.map((port) => `http://127.0.0.1:${port}`).join(";"),
    HOST: "127.0.0.1",
    PORT: String(port),
    ACCESS_LOG: "off",
    ...env,
  };
  return spawn([`${ROOT}main.ts`, "start"], settings, "null", before);
}

/** Ends one with SIGKILL. */
export async function end(process: Deno.ChildProcess): Promise<void> {
  try {
    process.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended already
  }
  await process.status;
}

export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Resolves once something listens there. */
export async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`Nothing listens on port ${port}`);
}
