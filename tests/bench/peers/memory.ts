/** How much memory the processes of a proxy take, in bytes. */
import { readIfThere, treeOf } from "./proc.ts";

const KIB = 1024;
/** How often the memory is looked at while it may grow, in milliseconds. */
const EVERY = 100;

/**
 * The proportional set sizes of a process tree: what several processes share, as the workers of nginx do,
 * counts once. Resident memory where the kernel does not tell.
 */
export function memoryOf(pid: number): number {
  return treeOf(pid).reduce((sum, pid) => {
    const text = readIfThere(`/proc/${pid}/smaps_rollup`);
    return sum + (text === undefined ? residentOf(pid) : sizeIn(text, "Pss"));
  }, 0);
}

/** The most that it is until something has come to its end. */
export async function mostMemory(pid: number, until: Promise<unknown>): Promise<number> {
  let [most, isOver] = [memoryOf(pid), false];
  const over = until.finally(() => isOver = true);
  while (!isOver) {
    await new Promise((resolve) => setTimeout(resolve, EVERY));
    most = Math.max(most, memoryOf(pid));
  }
  await over;
  return most;
}

/** @param text lines as of /proc/PID/status, `Name: 12 kB` */
export function sizeIn(text: string, name: string): number {
  return KIB * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
}

/** 0 where the process has ended. */
function residentOf(pid: number): number {
  return sizeIn(readIfThere(`/proc/${pid}/status`) ?? "", "VmRSS");
}
