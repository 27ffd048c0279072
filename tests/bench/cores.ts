/**
 * Which cores a process runs on. Where the balancer has one of its own, how busy the load and the backends
 * are does not show in its latencies.
 */

export const BALANCER_CORE = 0;
/** For the load and the backends. */
export const BENCH_CORE = 1;

const enough = navigator.hardwareConcurrency > BENCH_CORE;

/**
 * Binds all threads of a process to one core.
 *
 * @returns false if that is not possible here: there is only one core, or no taskset
 */
export async function pin(pid: number, core: number): Promise<boolean> {
  return enough && await pinTo(pid, [core]);
}

/** As {@linkcode pin}, to several cores. @returns false if there is no taskset, or no such core */
export async function pinTo(pid: number, cores: readonly number[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("taskset", {
      args: ["--all-tasks", "--cpu-list", "--pid", cores.join(), String(pid)],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return false;
  }
}

/** What goes before a command so that it, its threads and its children run on these cores, from the start. */
export function pinned(cores: readonly number[]): string[] {
  return ["taskset", "--cpu-list", cores.join()];
}
