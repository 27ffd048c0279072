/** Files that are whole at any time, whenever the power is cut. */

/** What the store uses of the operating system. */
export type Disk = Pick<
  typeof Deno,
  "mkdir" | "open" | "readDir" | "readTextFile" | "remove" | "rename" | "stat"
>;

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** What a file is called until it is whole. */
const UNFINISHED = ".unfinished";

/** Creates a folder, and those above it, if it does not exist. Only this user may look into it. */
export async function makeFolder(disk: Disk, folder: string): Promise<void> {
  await disk.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
}

/** @returns undefined if there is no such file */
export async function readFile(disk: Disk, path: string): Promise<string | undefined> {
  try {
    return await disk.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Replaces a file, or makes it: whoever reads it, at any time and after any crash, finds the old text or the new
 * one. The text is on the disk when this resolves. Only this user may read it.
 */
export async function writeFile(disk: Disk, path: string, text: string): Promise<void> {
  const unfinished = `${path}.${crypto.randomUUID()}${UNFINISHED}`;
  await createFile(disk, unfinished, text);
  try {
    await disk.rename(unfinished, path);
  } catch (error) {
    await removeFile(disk, unfinished).catch(() => {}); // the first error says more
    throw error;
  }
  using folder = await disk.open(folderOf(path), { read: true });
  await folder.sync();
}

/**
 * Makes a file. If it cannot be written, as the disk is full, none is left.
 *
 * @throws Deno.errors.AlreadyExists if there is such a file
 */
export async function createFile(disk: Disk, path: string, text: string): Promise<void> {
  using file = await disk.open(path, { write: true, createNew: true, mode: FILE_MODE });
  try {
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written));
    }
    await file.sync();
  } catch (error) {
    await removeFile(disk, path).catch(() => {}); // the first error says more
    throw error;
  }
}

/** It need not exist. */
export async function removeFile(disk: Disk, path: string): Promise<void> {
  try {
    await disk.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** The names of the files of a folder that are finished; none if it does not exist. */
export async function filesOf(disk: Disk, folder: string): Promise<string[]> {
  return (await allFilesOf(disk, folder)).filter((name) => !name.endsWith(UNFINISHED)).sort();
}

/** Removes files that were written last before a time. @param only those that a crash left unfinished */
export async function removeOld(
  disk: Disk,
  folder: string,
  before: number,
  only: "unfinished" | "all",
): Promise<void> {
  for (const name of await allFilesOf(disk, folder)) {
    if (only === "unfinished" && !name.endsWith(UNFINISHED)) continue;
    const path = `${folder}/${name}`;
    const changedAt = await changeTime(disk, path);
    if (changedAt < before) await removeFile(disk, path);
  }
}

async function allFilesOf(disk: Disk, folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isFile } of disk.readDir(folder)) if (isFile) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names;
}

/** In milliseconds since 1970; Infinity if it is gone. */
async function changeTime(disk: Disk, path: string): Promise<number> {
  try {
    return (await disk.stat(path)).mtime?.getTime() ?? Infinity;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return Infinity;
    throw error;
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
