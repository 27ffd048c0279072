/** Writes what workers report for the logs: access log lines to standard output, the rest to the program's log. */
import { LineWriter } from "../logging/line_writer.ts";
import { log } from "../logging/log.ts";
import { throttledWarning } from "../logging/throttled_warning.ts";
import { plainMessage } from "../net/plain_message.ts";
import type { LogNotice } from "./messages.ts";

export class LogRouter {
  readonly #clock: () => number;
  readonly #accessLog: LineWriter;
  /** By their text: several workers report the same trouble, and it is logged once. */
  readonly #warnings = new Map<string, (warning: string) => void>();
  #hasLostLines = false;

  /** @param clock in milliseconds */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.#accessLog = new LineWriter(Deno.stdout, (error) => this.#logLostLines(error));
  }

  /** Writes one notice to the log that it is for. */
  route(notice: LogNotice): void {
    switch (notice.kind) {
      case "lines":
        return this.#accessLog.write(notice.lines);
      case "log":
        return log(notice.level, notice.message);
      case "warning":
        return this.#warn(notice.message);
    }
  }

  /** Resolves once all access log lines so far are written. */
  flush(): Promise<void> {
    return this.#accessLog.flush();
  }

  #warn(message: string): void {
    const warn = this.#warnings.get(message) ??
      throttledWarning((warning) => log("warn", warning), this.#clock);
    this.#warnings.set(message, warn);
    warn(message);
  }

  /** A log that cannot be written to fails for every line: the first error is enough. */
  #logLostLines(error: unknown): void {
    if (!this.#hasLostLines) log("error", `access log lines are lost: ${plainMessage(error)}`);
    this.#hasLostLines = true;
  }
}
