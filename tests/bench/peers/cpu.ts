/**
 * How long the processes of a proxy were on a core.
 *
 * /proc/PID/task/TID/schedstat tells it in nanoseconds, where /proc/PID/stat knows hundredths of a second
 * only: of a burst of one second that would be one percent on either end. The first forgets a thread that
 * ends, the second does not; so where one has ended in between, the second is taken. In neither is what the
 * kernel does in interrupts if it accounts for them apart, as most do: passing a packet on over loopback is
 * in part such work, alike for every proxy.
 */
import { numbersIn, readIfThere, statOf, TICK, treeOf } from "./proc.ts";

/** What one process tree had used at one time. */
export interface CpuReading {
  /** Nanoseconds by thread. */
  readonly threads: ReadonlyMap<number, number>;
  /** Nanoseconds of all threads that ever were, in whole ticks. */
  readonly coarse: number;
}

export function readCpu(pid: number): CpuReading {
  const tree = treeOf(pid);
  const threads = tree.flatMap((pid) =>
    numbersIn(`/proc/${pid}/task`).flatMap((thread): [number, number][] => {
      const stat = readIfThere(`/proc/${pid}/task/${thread}/schedstat`);
      return stat === undefined ? [] : [[thread, parseInt(stat)]];
    })
  );
  const ticks = tree.reduce((sum, pid) => sum + (statOf(pid)?.ticks ?? 0), 0);
  return { threads: new Map(threads), coarse: ticks * TICK };
}

/** Nanoseconds between two readings of one tree. */
export function cpuBetween(before: CpuReading, after: CpuReading): number {
  const isWhole = [...before.threads.keys()].every((thread) => after.threads.has(thread));
  if (!isWhole) return after.coarse - before.coarse;
  let sum = 0;
  for (const [thread, time] of after.threads) sum += time - (before.threads.get(thread) ?? 0);
  return sum;
}
