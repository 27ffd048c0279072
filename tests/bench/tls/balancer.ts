/** A balancer with a configuration file, for the benches of TLS. */
import { end, ROOT, V8_FLAGS } from "../processes.ts";
import { Log } from "../reloads/proxies.ts";

export interface SecureBalancer extends AsyncDisposable {
  readonly process: Deno.ChildProcess;
  readonly log: Log;
  /** How it ended, if it has; undefined while it runs. */
  exit(): Deno.CommandStatus | undefined;
}

/**
 * Starts one with the tcp engine. Resolves once it listens.
 *
 * @param folder for its file @param configuration what differs from a quiet one without an admin port
 * @param before words of a command that goes before, as taskset
 */
export async function startSecureBalancer(
  folder: string,
  configuration: Record<string, unknown>,
  before: readonly string[] = [],
): Promise<SecureBalancer> {
  const file = `${folder}/roundabout.json`;
  const whole = { engine: "tcp", admin: "off", log: { access: "off" }, ...configuration };
  await Deno.writeTextFile(file, JSON.stringify(whole));
  const [program, ...words] = [...before, Deno.execPath()];
  const process = new Deno.Command(program!, {
    args: [
      ...[...words, "run", "--quiet", "-A", V8_FLAGS, `--config=${ROOT}deno.json`],
      ...[`${ROOT}main.ts`, "start", "--config", file],
    ],
    ...{ stdin: "null", stdout: "null", stderr: "piped" },
  }).spawn();
  let status: Deno.CommandStatus | undefined;
  const ended = process.status.then((it) => status = it);
  const log = new Log(process.stderr);
  await Promise.race([log.shows("listening on"), ended]);
  if (status !== undefined) {
    throw new Error(`Cannot start a balancer as it ended: ${log.text.trim()}`);
  }
  return { process, log, exit: () => status, [Symbol.asyncDispose]: () => end(process) };
}
