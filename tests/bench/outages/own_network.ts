/**
 * A network of the bench's own: a namespace in which there is nothing but loopback. Ports are free there, SYNs can be
 * swallowed without touching any rule of the machine's, and all of it is gone with the last process in it.
 */
import { complain } from "../../../lib/logging/log.ts";
import { ROOT, spawn } from "../processes.ts";

/** Tells the process in the namespace that it is. */
const MARK = "OUTAGES_NETWORK";

export const hasOwnNetwork = Deno.env.get(MARK) === "own";

/**
 * Runs this program once more, in a network of its own.
 *
 * @returns its exit status; undefined if it already runs in one, or the machine grants none
 */
export async function runInOwnNetwork(): Promise<number | undefined> {
  if (hasOwnNetwork) return undefined;
  const reason = await findObstacle();
  if (reason !== undefined) {
    complain(`No network namespace, so connects hang at a full backlog instead: ${reason}`);
    return undefined;
  }
  await spawn([`${ROOT}main.ts`, "--version"]).status; // fetches what it imports: in there is no registry
  const process = unshare([Deno.execPath(), "run", "-A", Deno.mainModule, ...Deno.args], "inherit");
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => process.kill(signal)); // it cleans up, and ends, and so do we
  }
  return (await process.status).code;
}

/** Begins, or ceases, to drop the SYNs that come for a port. */
export async function swallowSyns(port: number, what: "begin" | "cease"): Promise<void> {
  const { success, stderr } = await new Deno.Command("iptables", {
    args: [what === "begin" ? "-A" : "-D"].concat(
      ["INPUT", "--protocol", "tcp", "--dport", String(port), "--syn", "--jump", "DROP"],
    ),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** What is missing for a namespace with rules of its own, in the words of who misses it. */
async function findObstacle(): Promise<string | undefined> {
  try {
    const { success, stderr } = await unshare(["iptables", "--list", "--numeric"], "piped")
      .output();
    return success ? undefined : new TextDecoder().decode(stderr).trim();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return error.message;
  }
}

/** Runs a command as the first process in a new namespace. */
function unshare(command: readonly string[], output: "inherit" | "piped"): Deno.ChildProcess {
  return new Deno.Command("unshare", {
    args: ["--net", "sh", "-c", 'ip link set lo up && exec "$0" "$@"', ...command],
    env: { [MARK]: "own" },
    stdin: "null",
    stdout: output,
    stderr: output,
  }).spawn();
}
