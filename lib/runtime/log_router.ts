/**
 * Writes what workers and the control plane report while they serve: access log lines to standard output,
 * the rest to the program's log.
 *
 * Whatever requests, backends or clients can cause again and again comes through here, and nothing of it
 * can fill the log: lines about a backend, and faults, are limited by their number, and trouble that goes
 * on is reported when it begins.
 */
import { formatEvent, type PoolEvent } from "../health/events.ts";
import { type Level, log, STDOUT } from "../logging/log.ts";
import { RepeatLimit } from "../logging/repeat_limit.ts";
import { throttledWarning } from "../logging/throttled_warning.ts";
import type { LogNotice } from "./messages.ts";

/** The subject of events that are about no single backend. */
const POOL = "the pool";

const FAULTS = "faults of this program";

/** Warnings that are told apart by the text before their first colon; what follows it may vary. */
const MAX_WARNINGS = 1_000;

export interface LogRouterOptions {
  /** In milliseconds. */
  readonly clock: () => number;
  /** By default {@linkcode log}. */
  readonly write?: (level: Level, message: string) => void;
  /** What to call backends, by their ids; by default their ids. */
  readonly names?: ReadonlyMap<string, string> | undefined;
  /** Whether lines about a backend name its pool: there are several. */
  readonly namesPools?: boolean;
}

export class LogRouter {
  /** Whether lines about a backend name its pool: there are several. */
  namesPools: boolean;
  /** What to call backends, by their ids; by default their ids. */
  names: ReadonlyMap<string, string> | undefined;
  readonly #clock: () => number;
  readonly #write: (level: Level, message: string) => void;
  readonly #limit = new RepeatLimit();
  /** Several workers report the same trouble, and it is logged once. */
  readonly #warnings = new Map<string, (warning: string) => void>();

  constructor({ clock, write = log, names, namesPools = false }: LogRouterOptions) {
    this.namesPools = namesPools;
    this.#clock = clock;
    this.#write = write;
    this.names = names;
  }

  /** Writes one notice to the log that it is for. */
  route(notice: LogNotice): void {
    switch (notice.kind) {
      case "lines":
        return STDOUT.write(notice.lines);
      case "event":
        return this.#writeLimited(
          `${notice.pool} ${subjectOf(notice.event)}`,
          ...this.#format(notice.event, notice.pool),
        );
      case "fault":
        return this.#writeLimited(FAULTS, "error", notice.message);
      case "warning":
        return this.#warn(notice.message);
    }
  }

  /** An event of one of several pools begins with the pool's name. */
  #format(event: PoolEvent, pool: string): readonly [Level, string] {
    const [level, text] = formatEvent(event, this.names);
    return [level, this.namesPools ? `pool ${pool}: ${text}` : text];
  }

  #writeLimited(subject: string, level: Level, message: string): void {
    const admitted = this.#limit.admit(subject, message, this.#clock());
    if (admitted !== undefined) this.#write(level, admitted);
  }

  #warn(message: string): void {
    const [subject = ""] = message.split(": ", 1);
    let warn = this.#warnings.get(subject);
    if (warn === undefined) {
      if (this.#warnings.size >= MAX_WARNINGS) this.#warnings.clear();
      warn = throttledWarning((warning) => this.#write("warn", warning), this.#clock);
      this.#warnings.set(subject, warn);
    }
    warn(message);
  }
}

function subjectOf(event: PoolEvent): string {
  return "backend" in event ? event.backend : POOL;
}
