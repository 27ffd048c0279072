/** Which cores the proxies and the load run on. */

export interface CorePlan {
  /** For a proxy with one worker. */
  readonly one: readonly number[];
  /** For a proxy with several workers. */
  readonly many: readonly number[];
  /** For the load, the backends and this bench. */
  readonly load: readonly number[];
}

/** With fewer cores than this, several workers share cores with the load. */
const MIN_SEPARATE_CORES = 4;

export function defaultCores(allowed: readonly number[]): CorePlan {
  const one = allowed.slice(0, 1);
  if (allowed.length === 1) return { one, many: one, load: one };
  if (allowed.length < MIN_SEPARATE_CORES) return { one, many: allowed, load: allowed.slice(1) };
  const half = Math.floor(allowed.length / 2);
  return { one, many: allowed.slice(0, half), load: allowed.slice(half) };
}

/** The cores of a proxy with this number of workers. */
export function coresFor({ one, many }: CorePlan, workers: number): readonly number[] {
  return workers === 1 ? one : many;
}

/** Whether the load also runs on some of these cores. */
export function isShared({ load }: CorePlan, cores: readonly number[]): boolean {
  return cores.some((core) => load.includes(core));
}

/** @param text a list such as `0-3,6` @returns an empty list if the text is malformed */
export function parseCores(text: string): number[] {
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return [];
  return text.split(",").flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number);
    return Array.from({ length: Math.max(0, last! - first! + 1) }, (_, index) => first! + index);
  });
}

/** The cores that this process may run on. */
export function allowedCores(): number[] {
  const status = Deno.readTextFileSync("/proc/self/status");
  return parseCores(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)![1]!);
}
