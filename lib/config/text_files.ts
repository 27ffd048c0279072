/** Reads text files that were written by a person, or by a program for one. */
import type { SourceFile } from "./problems/render.ts";

/** A larger file was not written by a person. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;

/** The permissions of a file that others than its owner have. */
const OTHERS = 0o077;

/** Reads a file that the configuration file names, relative to its folder. */
export function readBeside(file: Pick<SourceFile, "name">, path: string): string {
  return readText(pathBeside(file, path));
}

/** The path of a file that the configuration file names, relative to its folder. */
export function pathBeside({ name }: Pick<SourceFile, "name">, path: string): string {
  const folder = name.slice(0, name.lastIndexOf("/") + 1);
  return path.startsWith("/") ? path : folder + path;
}

/** Reads a text. @throws if it is no regular file, too large, or no text */
export function readText(path: string): string {
  const { isFile, isDirectory, size } = Deno.statSync(path);
  if (isDirectory) throw new Error("it is a directory");
  if (!isFile) throw new Error("it is no regular file");
  if (size > MAX_FILE_BYTES) throw new Error("it is larger than 10 MiB");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Deno.readFileSync(path),
    );
  } catch (error) {
    if (error instanceof TypeError) throw new Error("it is not UTF-8", { cause: error });
    throw error;
  }
}

/** Whether others than its owner have access to a file; on Windows nobody knows. */
export function isExposed(path: string): boolean {
  return ((Deno.statSync(path).mode ?? 0) & OTHERS) !== 0;
}
