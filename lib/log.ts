/** The program's own log, on standard error: what changed and what went wrong, once each. */
export type Level = "info" | "warn" | "error";

export function log(level: Level, message: string): void {
  complain(`${new Date().toISOString()} ${level} ${message}`);
}

/** Writes to standard output what a command was asked to show. */
export function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

/** Writes to standard error why a command cannot run. */
export function complain(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
  } catch {
    // Nobody reads it any more, and there is nowhere else to say so: no reason to serve nobody.
  }
}
