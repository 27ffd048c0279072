/** The program's own log, on standard error: what changed and what went wrong, once each. */
export type Level = "info" | "warn" | "error";

export function log(level: Level, message: string): void {
  complain(`${new Date().toISOString()} ${level} ${message}`);
}

/** What a command was asked to show cannot be written. */
export class OutputError extends Error {
  override name = "OutputError";
}

/**
 * Writes to standard output what a command was asked to show, or as much of it as its reader wants.
 *
 * @throws {OutputError} where it cannot be written
 */
export function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    // A pipe takes as much as it has room for.
    for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return; // its reader had enough: `| head`
    throw new OutputError(`Cannot write to standard output as ${(error as Error).message}`);
  }
}

/** Writes to standard error why a command cannot run. */
export function complain(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
  } catch {
    // Nobody reads it any more, and there is nowhere else to say so: no reason to serve nobody.
  }
}
