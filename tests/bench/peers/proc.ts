/** Reads about processes from /proc on Linux. */

/** Lists a process and all its descendants, itself first. */
export function listProcessTree(pid: number): number[] {
  const children = Map.groupBy(allProcesses(), ({ parent }) => parent);
  const tree = [pid];
  for (const one of tree) tree.push(...(children.get(one) ?? []).map(({ pid }) => pid));
  return tree;
}

export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** CPU time of all its threads, those that have ended included, in ticks of {@linkcode TICK_NS}. */
  readonly ticks: number;
}

/** The length of a tick: USER_HZ is 100 on every Linux that Deno runs on. */
export const TICK_NS = 10_000_000;

/** @param line of /proc/PID/stat; the program's name in it may contain anything, even brackets and spaces */
export function parseStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const [parent, user, system] = [1, 11, 12].map((place) => Number(fields[place]));
  return { pid: parseInt(line), parent: parent!, ticks: user! + system! };
}

/** @returns undefined if the process has ended */
export function readStat(pid: number): ProcessStat | undefined {
  const line = readIfPresent(`/proc/${pid}/stat`);
  return line === undefined ? undefined : parseStat(line);
}

/** Reads a file of a process. @returns undefined if the process has ended */
export function readIfPresent(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Lists the entries of a directory that are numbers. @returns an empty list if its process has ended */
export function listNumbers(path: string): number[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => Number(name)).filter(Number.isInteger);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

function allProcesses(): ProcessStat[] {
  return listNumbers("/proc").flatMap((pid) => readStat(pid) ?? []);
}

/** Reading a file fails with ESRCH if its process has ended since the file was opened. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    error instanceof Error && error.message.includes("os error 3)");
}
