/** Watches the heartbeats of workers: one that stands still is that of a worker that hangs. */

export interface HeartbeatMonitorOptions {
  /** Told once that a worker does nothing any more. @param number of the worker */
  readonly onHang: (number: number) => void;
  /** Told where one that hung goes on. */
  readonly onRecovery: (number: number) => void;
  /** Told once that it is not to be expected any more that it goes on. */
  readonly onHangForGood: (number: number) => void;
}

/** After how long without a heartbeat a worker hangs: no collection of garbage takes that; in milliseconds. */
export const HANGS_AFTER_MS = 5_000;

/** The same for good, in milliseconds. */
export const HANGS_FOR_GOOD_AFTER_MS = 30_000;

interface Pulse {
  readonly heartbeat: number;
  /** Since when it has stood still. */
  readonly since: number;
  readonly hangs: boolean;
}

export class HeartbeatMonitor {
  readonly #options: HeartbeatMonitorOptions;
  readonly #pulses = new Map<number, Pulse>();

  constructor(options: HeartbeatMonitorOptions) {
    this.#options = options;
  }

  /** The numbers of the workers that hang. */
  get hanging(): readonly number[] {
    return [...this.#pulses].filter(([, { hangs }]) => hangs).map(([number]) => number);
  }

  /**
   * Looks at one.
   *
   * @param heartbeat another number each time, as long as it lives
   * @param now in milliseconds, on a clock that counts only what the supervisor itself has seen of time
   */
  check(number: number, heartbeat: number, now: number): void {
    const pulse = this.#pulses.get(number);
    if (pulse?.heartbeat !== heartbeat) {
      this.#pulses.set(number, { heartbeat, since: now, hangs: false });
      if (pulse?.hangs) this.#options.onRecovery(number);
      return;
    }
    const still = now - pulse.since;
    if (still >= HANGS_FOR_GOOD_AFTER_MS) this.#options.onHangForGood(number);
    else if (still >= HANGS_AFTER_MS && !pulse.hangs) {
      this.#pulses.set(number, { ...pulse, hangs: true });
      this.#options.onHang(number);
    }
  }

  /** Looks no more at one that is gone. */
  forget(number: number): void {
    this.#pulses.delete(number);
  }
}
