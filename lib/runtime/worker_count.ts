/** How many workers `WORKERS` comes to on this machine. */

/** @param onWarning told where it is less than was asked for */
export function workerCount(
  workers: number | "auto",
  onWarning: (warning: string) => void,
  { os = Deno.build.os, cores = navigator.hardwareConcurrency } = {},
): number {
  const count = workers === "auto" ? cores : workers;
  if (count === 1 || os === "linux") return count;
  onWarning("there is one worker: only on Linux can several listen on one port");
  return 1;
}
