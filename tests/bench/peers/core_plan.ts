/** Which cores proxies and their load run on. */

export interface CorePlan {
  /** For a proxy with one worker. */
  readonly one: readonly number[];
  /** For one with more of them. */
  readonly many: readonly number[];
  /** For the load, the backends and this bench. */
  readonly load: readonly number[];
}

/** With fewer cores than this, several workers have to share theirs with the load. */
const ENOUGH = 4;

export function defaultCores(allowed: readonly number[]): CorePlan {
  const one = allowed.slice(0, 1);
  if (allowed.length === 1) return { one, many: one, load: one };
  if (allowed.length < ENOUGH) return { one, many: allowed, load: allowed.slice(1) };
  const half = Math.floor(allowed.length / 2);
  return { one, many: allowed.slice(0, half), load: allowed.slice(half) };
}

/** Those on which a proxy with so many workers runs. */
export function coresFor({ one, many }: CorePlan, workers: number): readonly number[] {
  return workers === 1 ? one : many;
}

/** Whether the load runs on some of these, too. */
export function isShared({ load }: CorePlan, cores: readonly number[]): boolean {
  return cores.some((core) => load.includes(core));
}

/** @param text as `0-3,6` @returns nothing where it is no such list */
export function coresIn(text: string): number[] {
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return [];
  return text.split(",").flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number);
    return Array.from({ length: Math.max(0, last! - first! + 1) }, (_, index) => first! + index);
  });
}

/** The cores that this process may run on. */
export function allowedCores(): number[] {
  const status = Deno.readTextFileSync("/proc/self/status");
  return coresIn(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)![1]!);
}
