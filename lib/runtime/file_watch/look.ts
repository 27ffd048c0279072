/** Looks at a file: tells one state of it from another without reading it. */
import type { Seen } from "./settling.ts";

/** Deno gives the time of the last change of a file's attributes in whole seconds. */
const CHANGE_TIME_STEP_MS = 1_000;

/** Symlinks on the way are followed: one that leads elsewhere shows another file. */
export async function look(path: string): Promise<Seen> {
  try {
    const found = await Deno.stat(path);
    return { state: stateOf(found), writtenAt: writtenAtOf(found) };
  } catch (error) {
    // That there is no such file, or that it cannot be looked at, is a state, too.
    if (error instanceof Error) return { state: error.name, writtenAt: -Infinity };
    throw error;
  }
}

/** What stands in place of a file is no file, whatever happens in it. */
function stateOf(found: Deno.FileInfo): string {
  const { dev, ino, size, mtime, ctime, mode } = found;
  if (!found.isFile) return `no file ${dev}:${ino}`;
  return [dev, ino, size, mtime?.getTime(), ctime?.getTime(), mode].join(":");
}

/** A file that was moved here keeps its time of writing: what tells is that its attributes changed later. */
function writtenAtOf({ mtime, ctime }: Deno.FileInfo): number {
  const [written, changed] = [mtime?.getTime() ?? -Infinity, ctime?.getTime() ?? -Infinity];
  return changed > written ? changed + CHANGE_TIME_STEP_MS - 1 : written;
}
