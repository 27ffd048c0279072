/**
 * Which core a process runs on. Where the balancer has one of its own, how busy the load and the backends
 * are does not show in its latencies.
 */

export const BALANCER_CORE = 0;
/** For the load and the backends. */
export const BENCH_CORE = 1;

const enough = navigator.hardwareConcurrency > BENCH_CORE;

/**
 * Binds all threads of a process to one core.
 *
 * @returns false where that cannot be done here: there is one core, or no taskset
 */
export async function pin(pid: number, core: number): Promise<boolean> {
  if (!enough) return false;
  try {
    const { success } = await new Deno.Command("taskset", {
      args: ["--all-tasks", "--cpu-list", "--pid", String(core), String(pid)],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return false;
  }
}
