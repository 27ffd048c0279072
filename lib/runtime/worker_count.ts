/** How many workers to start. */

/**
 * @param workers the setting `workers`; `auto` is one for each core
 * @param onWarning called if there are fewer than the setting asks for
 */
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
