/** Puts in force what has changed of the addresses that names stand for, and logs it. */
import { changesOf } from "../config/changes.ts";
import { log } from "../logging/log.ts";
import { routeIdOf } from "../routing/route_id.ts";
import { Timed, type Wheel } from "../time/timer_wheel.ts";
import type { LiveConfiguration } from "./live_configuration.ts";
import type { LogNotice } from "./messages.ts";

/** Discovery tells of a change once: what workers could not take is tried again after this, in milliseconds. */
const RETRY_MS = 10_000;

export interface TakeAddressesOptions {
  readonly live: Pick<LiveConfiguration, "refresh">;
  readonly wheel: Wheel;
  /** Called with what keeps backends from being changed. */
  readonly report: (notice: LogNotice) => void;
}

export class TakeAddresses extends Timed implements Disposable {
  readonly #options: TakeAddressesOptions;
  #isStopped = false;

  constructor(options: TakeAddressesOptions) {
    super();
    this.#options = options;
  }

  /** Some may have changed. */
  async take(): Promise<void> {
    const { live, wheel, report } = this.#options;
    try {
      const changed = await live.refresh();
      if (typeof changed === "string") {
        report({ kind: "warning", message: `backends cannot be changed: ${changed}` });
        if (!this.#isStopped) wheel.set(this, RETRY_MS);
      } else if (changed !== undefined) {
        log("info", changesOf(changed.before, changed.after, { routeIdOf }).join("; "));
      }
    } catch (error) {
      report({ kind: "fault", message: `backends cannot be changed: ${error}` });
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
