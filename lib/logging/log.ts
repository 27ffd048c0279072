/**
 * The standard streams, and the program's log on standard error: changes and problems, each reported once.
 *
 * Nobody may be reading them. A write that waits would stop this thread, and with it the admin port,
 * signals and the time that all workers use. So each stream has a {@linkcode LineWriter}, and only a
 * command that ends when it has printed its result waits for its reader.
 */
import { deadline } from "@std/async/deadline";
import { plainMessage } from "../net/plain_message.ts";
import { ignoreTimeout } from "../time/ignore_timeout.ts";
import { escapeText, escapeUnprintable } from "./escape.ts";
import { LineWriter } from "./line_writer.ts";
import { formatTime } from "./timestamp.ts";

export type Level = "info" | "warn" | "error";

const LEVELS: readonly Level[] = ["info", "warn", "error"];

/** The least important lines that are written. */
let threshold: Level = "info";

/** Sets the least important lines that are written, by `log.level`. */
export function setLogLevel(level: Level): void {
  threshold = level;
}

/** How long {@linkcode exit} waits for the readers of both streams. */
const FLUSH_MS = 1_000;

const STDERR = new LineWriter(Deno.stderr, {
  onError() {}, // it is closed, and there is no other place to report to: serving goes on
  onDropped: (lines) => logDropped("the log", "standard error", lines),
  clock: () => performance.now(),
});

let hasLostLines = false;

/** Standard output, for the access log. */
export const STDOUT: LineWriter = new LineWriter(Deno.stdout, {
  onError(error) {
    // A stream that cannot be written to fails for every line: the first error is enough.
    if (!hasLostLines) log("error", `access log lines are lost: ${plainMessage(error)}`);
    hasLostLines = true;
  },
  onDropped: (lines) => logDropped("the access log", "standard output", lines),
  clock: () => performance.now(),
});

/** Writes a line to the program's log. */
export function log(level: Level, message: string): void {
  if (LEVELS.indexOf(level) < LEVELS.indexOf(threshold)) return;
  STDERR.write(`${formatTime(Date.now())} ${level} ${escapeText(message)}`);
}

function logDropped(what: string, stream: string, lines: number): void {
  log("warn", `lines of ${what} were dropped, as ${stream} is read too slowly: ${lines}`);
}

/** Writes to standard error why a command cannot run. */
export function complain(text: string): void {
  STDERR.write(text.split("\n").map(escapeUnprintable).join("\n"));
}

/** Ends the process once its last lines are written, or if nobody reads them. */
export async function exit(status: number): Promise<never> {
  const accessLog = STDOUT.flush().then(() => STDERR.flush()); // which it may have reported to
  await deadline(Promise.all([accessLog, STDERR.flush()]), FLUSH_MS).catch(ignoreTimeout);
  Deno.exit(status);
}

/** A command's output cannot be written. */
export class OutputError extends Error {
  override name = "OutputError";
}

/**
 * Writes a command's output to standard output, and waits until its reader has it. A reader that stops
 * early, such as `head`, is no error.
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
