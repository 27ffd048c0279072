/** Follows a path to its file, as opening it would, and says what on the way has to be watched. */
import type { Seen } from "./settling.ts";

/** What one look saw of a file, and where its next change can be noticed. */
export interface Trace extends Seen {
  readonly points: readonly Point[];
}

/** An entry of a directory: the file, a symlink on the way to it, or what is missing there. */
export interface Point {
  /** Its path without symlinks. */
  readonly directory: string;
  /** Tells the directory from another one that comes to stand in its place. */
  readonly identity: string;
  readonly name: string;
}

/** What is at a path, not following a symlink; the name of the error if that cannot be said. */
export type LookUp = (path: string) => Promise<Deno.FileInfo | string>;

/** The kernel follows as many. */
const MAX_SYMLINKS = 40;

/** Deno gives the time of the last change of a file's attributes in whole seconds. */
const CHANGE_TIME_STEP_MS = 1_000;

/** Asks the file system once for each path: for one look at many files. */
export function lookUpOnce(): LookUp {
  const known = new Map<string, ReturnType<LookUp>>();
  return (path) => {
    const found = known.get(path) ?? Deno.lstat(path).catch(nameOf);
    known.set(path, found);
    return found;
  };
}

/** @param path absolute; that there is no such file is an answer, too */
export async function trace(path: string, lookUp: LookUp): Promise<Trace> {
  const points: Point[] = [];
  let directory = "/";
  let rest = stepsOf(path);
  let writtenAt = -Infinity;
  for (let symlinks = 0; rest.length > 0;) {
    const [name, ...further] = rest as [string, ...string[]];
    rest = further;
    if (name === "..") {
      directory = directory.slice(0, directory.lastIndexOf("/")) || "/";
      continue;
    }
    const here = directory === "/" ? `/${name}` : `${directory}/${name}`;
    const found = await lookUp(here);
    const isLast = further.length === 0;
    const isSymlink = typeof found !== "string" && found.isSymlink;
    // A directory that may be passed through, but not looked at, is one without symlinks as far as is known.
    const isPassed = typeof found === "string" ? found !== "NotFound" : found.isDirectory;
    if (!isLast && isPassed) {
      directory = here;
      continue;
    }
    points.push({ directory, identity: identityOf(await lookUp(directory)), name });
    if (typeof found === "string") return { state: found, writtenAt: -Infinity, points };
    writtenAt = Math.max(writtenAt, writtenAtOf(found));
    if (!isSymlink) return { state: isLast ? stateOf(found) : "NotADirectory", writtenAt, points };
    if (++symlinks > MAX_SYMLINKS) return { state: "FilesystemLoop", writtenAt, points };
    const target = await readLink(here);
    if (target === undefined) return { state: "NotFound", writtenAt, points };
    if (target.startsWith("/")) directory = "/";
    rest = [...stepsOf(target), ...further];
  }
  return { state: `directory ${directory}`, writtenAt, points };
}

/** @returns undefined if there is no symlink any more */
async function readLink(path: string): Promise<string | undefined> {
  try {
    return await Deno.readLink(path);
  } catch (error) {
    nameOf(error);
    return undefined;
  }
}

function stepsOf(path: string): string[] {
  return path.split("/").filter((step) => step !== "" && step !== ".");
}

/** @throws what is no error of the file system, nor one of missing permission */
function nameOf(error: unknown): string {
  if (error instanceof Error) return error.name;
  throw error;
}

function identityOf(found: Deno.FileInfo | string): string {
  if (typeof found === "string") return found;
  // The number of a removed directory may be given to the next one.
  return [found.dev, found.ino, found.birthtime?.getTime()].join(":");
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
