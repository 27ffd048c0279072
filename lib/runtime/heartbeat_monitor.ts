/** Watches the heartbeats of workers: a worker hangs if its heartbeat does not change for a while. */

export interface HeartbeatMonitorOptions {
  /** Called once when a worker begins to hang. @param number of the worker */
  readonly onHang: (number: number) => void;
  /** Called once when a worker that hung goes on. */
  readonly onRecovery: (number: number) => void;
  /** Called when a worker has hung for so long that it is not expected to go on. */
  readonly onHangForGood: (number: number) => void;
}

/** How long a heartbeat may stand still: much longer than a garbage collection takes. */
export const HANGS_AFTER_MS = 5_000;

export const HANGS_FOR_GOOD_AFTER_MS = 30_000;

interface Pulse {
  readonly heartbeat: number;
  /** When it changed to this number. */
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
   * Checks one worker.
   *
   * @param heartbeat a number that changes as long as the worker lives
   * @param now in milliseconds, on a clock that stands still while this process does not run
   */
  check(number: number, heartbeat: number, now: number): void {
    const pulse = this.#pulses.get(number);
    if (pulse?.heartbeat !== heartbeat) {
      this.#pulses.set(number, { heartbeat, since: now, hangs: false });
      if (pulse?.hangs) this.#options.onRecovery(number);
      return;
    }
    const stillMs = now - pulse.since;
    if (stillMs >= HANGS_FOR_GOOD_AFTER_MS) this.#options.onHangForGood(number);
    else if (stillMs >= HANGS_AFTER_MS && !pulse.hangs) {
      this.#pulses.set(number, { ...pulse, hangs: true });
      this.#options.onHang(number);
    }
  }

  /** Forgets a worker that has died. */
  forget(number: number): void {
    this.#pulses.delete(number);
  }
}
