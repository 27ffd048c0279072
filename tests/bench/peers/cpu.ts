/**
 * Measures the CPU time of a proxy's processes.
 *
 * /proc/PID/task/TID/schedstat counts nanoseconds. /proc/PID/stat counts hundredths of a second only, an error
 * of up to 1 % at either end of a burst of one second, but it includes threads that have ended; so it is used
 * if a thread has ended between two readings. Neither includes interrupts on kernels that account for them
 * separately, as most do: a part of forwarding packets over loopback is such work, for every proxy alike.
 */
import { listNumbers, listProcessTree, readIfPresent, readStat, TICK_NS } from "./proc.ts";

/** The CPU time that one process tree had used at one moment. */
export interface CpuReading {
  /** Nanoseconds by thread. */
  readonly threads: ReadonlyMap<number, number>;
  /** Nanoseconds of all threads, those that have ended included; a multiple of {@linkcode TICK_NS}. */
  readonly coarse: number;
}

export function readCpu(pid: number): CpuReading {
  const tree = listProcessTree(pid);
  const threads = tree.flatMap((pid) =>
    listNumbers(`/proc/${pid}/task`).flatMap((thread): [number, number][] => {
      const stat = readIfPresent(`/proc/${pid}/task/${thread}/schedstat`);
      return stat === undefined ? [] : [[thread, parseInt(stat)]];
    })
  );
  const ticks = tree.reduce((sum, pid) => sum + (readStat(pid)?.ticks ?? 0), 0);
  return { threads: new Map(threads), coarse: ticks * TICK_NS };
}

/** @returns the nanoseconds that a tree used between two readings */
export function cpuBetween(before: CpuReading, after: CpuReading): number {
  const isWhole = [...before.threads.keys()].every((thread) => after.threads.has(thread));
  if (!isWhole) return after.coarse - before.coarse;
  let sum = 0;
  for (const [thread, time] of after.threads) sum += time - (before.threads.get(thread) ?? 0);
  return sum;
}
