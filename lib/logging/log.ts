/** The program's log, on standard error: changes and problems, each reported once. */
import { plainMessage } from "../net/plain_message.ts";
export type Level = "info" | "warn" | "error";

export function log(level: Level, message: string): void {
  complain(`${new Date().toISOString()} ${level} ${message}`);
}

/** A command's output cannot be written. */
export class OutputError extends Error {
  override name = "OutputError";
}

/**
 * Writes a command's output to standard output. A reader that stops early, such as `head`, is no error.
 *
 * @throws {OutputError} if it cannot be written
 */
export function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    // One write to a pipe may take only part of it.
    for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return; // the reader stopped early
    throw new OutputError(`Cannot write to standard output as ${plainMessage(error)}`);
  }
}

/** Writes to standard error why a command cannot run. */
export function complain(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
  } catch {
    // Standard error is closed, and there is no other place to report to: serving goes on.
  }
}
