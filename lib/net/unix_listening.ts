/** The file of a unix socket that is listened on. */

export interface Placed<Listening> {
  readonly listening: Listening;
  /**
   * Removes the file, unless another socket has taken its place. What listens still accepts those that have
   * connected before. Called again, it does nothing. A file that cannot be removed is left, as what a crash
   * leaves: a drain goes on, and the next to listen there replaces it.
   */
  readonly remove: () => void;
}

/**
 * Listens on a unix socket under another name, and then gives it its own: what was there before, such as the
 * file of a process that crashed, or the socket of one that is taken over, is replaced in one step, and nobody
 * can connect before the mode is set. Deno removes the file under the name that it was opened with, and so
 * never that of a successor.
 *
 * @param path or an abstract name, which has no file
 * @param mode of the file; undefined leaves what the umask gives
 * @param listen and discard what listens on a path
 * @throws if it cannot be listened on
 */
export function placeSocket<Listening>(
  path: string,
  mode: number | undefined,
  listen: (path: string) => Listening,
  discard: (listening: Listening) => void,
): Placed<Listening> {
  if (path.startsWith("\0")) return { listening: listen(path), remove() {} };
  const folder = path.slice(0, path.lastIndexOf("/"));
  const temporary = `${folder}/.${crypto.randomUUID().slice(0, 8)}`;
  const listening = listen(temporary);
  try {
    if (mode !== undefined) Deno.chmodSync(temporary, mode);
    const { dev, ino } = Deno.lstatSync(temporary);
    Deno.renameSync(temporary, path);
    let isRemoved = false;
    return {
      listening,
      remove() {
        if (isRemoved) return;
        isRemoved = true; // from now on, another file may have the same number
        removeIfStill(path, dev, ino);
      },
    };
  } catch (error) {
    discard(listening);
    removeIfThere(temporary); // Deno removes it, other sockets do not
    throw error;
  }
}

function removeIfStill(path: string, dev: number, ino: number | null): void {
  try {
    const now = Deno.lstatSync(path);
    if (now.dev === dev && now.ino === ino) Deno.removeSync(path);
  } catch {
    // Somebody has removed it, or has taken the folder or its permissions away.
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is gone, or the folder may not be written: then nothing else could have been done.
  }
}

/** Whether somebody accepts connections there. @throws if something else than a socket is there */
export async function isTaken(path: string): Promise<boolean> {
  if (!path.startsWith("\0") && !isSocketFile(path)) return false;
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false; // left over
    if (error instanceof Deno.errors.WouldBlock) return true; // its queue is full
    throw error;
  }
}

/** @returns false if nothing is there */
function isSocketFile(path: string): boolean {
  try {
    if (Deno.lstatSync(path).isSocket) return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  throw new Error("another file is there: remove it, or set another path");
}
