/** What Linux tells of processes under /proc. */

/** A process and all that came of it, itself first. */
export function treeOf(pid: number): number[] {
  const children = Map.groupBy(allProcesses(), ({ parent }) => parent);
  const tree = [pid];
  for (const one of tree) tree.push(...(children.get(one) ?? []).map(({ pid }) => pid));
  return tree;
}

export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /**
   * Time on a core so far, of all its threads, those that have ended included; in ticks, see {@linkcode
   * TICK}.
   */
  readonly ticks: number;
}

/** USER_HZ, which is the same on every Linux that Deno runs on; in nanoseconds. */
export const TICK = 10_000_000;

/**
 * @param line as /proc/PID/stat has it; the name of the program may hold anything, brackets and spaces too
 */
export function readStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const [parent, user, system] = [1, 11, 12].map((place) => Number(fields[place]));
  return { pid: parseInt(line), parent: parent!, ticks: user! + system! };
}

/** What has ended in the meantime is undefined. */
export function statOf(pid: number): ProcessStat | undefined {
  const line = readIfThere(`/proc/${pid}/stat`);
  return line === undefined ? undefined : readStat(line);
}

/** A file of a process, or undefined where the process has ended. */
export function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** What is in a directory of numbers; nothing where its process has ended. */
export function numbersIn(path: string): number[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => Number(name)).filter(Number.isInteger);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

function allProcesses(): ProcessStat[] {
  return numbersIn("/proc").flatMap((pid) => statOf(pid) ?? []);
}

/** ESRCH is what reading a file of a process gives that ended since the file was opened. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    error instanceof Error && error.message.includes("os error 3)");
}
