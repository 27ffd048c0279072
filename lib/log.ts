/** The program's own log, on standard error: what changed and what went wrong, once each. */
export type Level = "info" | "warn" | "error";

export function log(level: Level, message: string): void {
  complain(`${new Date().toISOString()} ${level} ${message}`);
}

/** Writes to standard output what a command was asked to show. */
export function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  // A pipe takes as much as it has room for.
  for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
}

/** Writes to standard error why a command cannot run. */
export function complain(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
  } catch {
    // Nobody reads it any more, and there is nowhere else to say so: no reason to serve nobody.
  }
}
