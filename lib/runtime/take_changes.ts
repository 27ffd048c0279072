/**
 * Puts in force what was found while the configuration stays: addresses that names stand for, or new certificates.
 * It logs what has changed.
 */
import { changesOf } from "../config/changes.ts";
import { log } from "../logging/log.ts";
import { routeIdOf } from "../routing/route_id.ts";
import { Timed, type Wheel } from "../time/timer_wheel.ts";
import type { LiveConfiguration } from "./live_configuration.ts";
import type { LogNotice } from "./messages.ts";

/** It is told of a change once: what workers could not take is tried again after this, in milliseconds. */
const RETRY_MS = 10_000;

export interface TakeChangesOptions {
  readonly live: Pick<LiveConfiguration, "refresh">;
  readonly wheel: Wheel;
  /** What the log says if it cannot be done: `backends cannot be changed`. */
  readonly failure: string;
  /** Called with what keeps it from being done. */
  readonly report: (notice: LogNotice) => void;
}

export class TakeChanges extends Timed implements Disposable {
  readonly #options: TakeChangesOptions;
  #isStopped = false;

  constructor(options: TakeChangesOptions) {
    super();
    this.#options = options;
  }

  /** Some may have changed. */
  async take(): Promise<void> {
    const { live, wheel, report, failure } = this.#options;
    try {
      const changed = await live.refresh();
      if (typeof changed === "string") {
        report({ kind: "warning", message: `${failure}: ${changed}` });
        if (!this.#isStopped) wheel.set(this, RETRY_MS);
      } else if (changed !== undefined) {
        log("info", changesOf(changed.before, changed.after, { routeIdOf }).join("; "));
      }
    } catch (error) {
      report({ kind: "fault", message: `${failure}: ${error}` });
    }
  }

  override expire(): void {
    this.take();
  }

  [Symbol.dispose](): void {
    this.#isStopped = true;
    this.#options.wheel.remove(this);
  }
}
