/** Folders for unix sockets, where the program may open some. */

/** A folder below /run, or that of the user; undefined if neither can be written. */
export function makeRunFolder(): string | undefined {
  for (const dir of ["/run", Deno.env.get("XDG_RUNTIME_DIR")]) {
    try {
      if (dir?.startsWith("/run")) return Deno.makeTempDirSync({ dir });
    } catch {
      continue; // it is somebody else's
    }
  }
  return undefined;
}

/** Whether there can be such folders. */
export function canMakeRunFolder(): boolean {
  const folder = makeRunFolder();
  if (folder !== undefined) Deno.removeSync(folder);
  return folder !== undefined;
}
