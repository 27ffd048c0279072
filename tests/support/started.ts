/** The main program, run to its end or started and listening. */
import { Program, type RunOptions } from "./program.ts";
import { deadPort } from "./dead_port.ts";

/** Resolves once something listens there. */
export async function backendsAnswer(url: string): Promise<void> {
  while (!await fetch(url).then((response) => response.text().then(() => true), () => false)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function run(args: readonly string[], options?: RunOptions) {
  await using program = new Program(args, options);
  const status = await program.status();
  return { status, stdout: program.stdout, stderr: program.stderr };
}

/** The program, listening. @param script is run in its place */
export async function started(url: string, env: Record<string, string> = {}, script?: URL) {
  const program = new Program(["start"], {
    ...(script !== undefined && { script }),
    env: {
      USERS_SERVICE: url,
      HOST: "127.0.0.1",
      PORT: String(deadPort()),
      ADMIN_PORT: "off",
      ...env,
    },
  });
  const [, port] = await program.shows(/listening on 127\.0\.0\.1:(\d+)/);
  return { program, url: `http://127.0.0.1:${port}` };
}
