/** Reads how much memory the processes of a proxy use, in bytes. */
import { listProcessTree, readIfPresent } from "./proc.ts";

const KIB_BYTES = 1024;
/** How often memory is read to find its peak. */
const INTERVAL_MS = 100;

/**
 * Sums the proportional set sizes of a process tree: memory that processes share, such as the workers of nginx,
 * is counted once. If the kernel does not report them, resident memory is used.
 */
export function readMemory(pid: number): number {
  return listProcessTree(pid).reduce((sum, pid) => {
    const text = readIfPresent(`/proc/${pid}/smaps_rollup`);
    return sum + (text === undefined ? readResidentMemory(pid) : parseSize(text, "Pss"));
  }, 0);
}

/** @returns the most memory that was in use before the promise settled */
export async function measurePeakMemory(pid: number, until: Promise<unknown>): Promise<number> {
  let [most, isOver] = [readMemory(pid), false];
  const over = until.finally(() => isOver = true);
  while (!isOver) {
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    most = Math.max(most, readMemory(pid));
  }
  await over;
  return most;
}

/** @param text lines in the format of /proc/PID/status, `Name: 12 kB` @returns bytes */
export function parseSize(text: string, name: string): number {
  return KIB_BYTES * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
}

/** @returns 0 if the process has ended */
function readResidentMemory(pid: number): number {
  return parseSize(readIfPresent(`/proc/${pid}/status`) ?? "", "VmRSS");
}
