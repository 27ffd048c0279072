/** The WebSockets that are open through this engine, and when they must end. */
import { Alarm } from "../../time/alarm.ts";
import type { Wheel } from "../../time/timer_wheel.ts";
import type { Failed } from "../../outcome.ts";
import { BACKEND_REMOVED, CUT_OFF } from "../shared/failures.ts";

export interface Tunnel {
  /** Of its backend. */
  readonly uid: number;
  /** The listener that it came in at. */
  readonly source: object;
  /** Resolves when both sides have closed: a side that does not answer may never do so. */
  readonly closed: Promise<void>;
  /** Closes both sides. */
  end(reason: Failed): void;
}

/** How long the last frames of tunnels that are cut off may take, in milliseconds. */
const FAREWELL_MS = 500;

export class Tunnels {
  /** How many were cut off, as a stop did not wait any longer. */
  cut = 0;
  readonly #wheel: Wheel;
  /** With what ends each once its backend is gone. */
  readonly #open = new Map<Tunnel, Alarm>();
  #backends: ReadonlySet<number> | undefined;
  #drainTimeout = 0;

  constructor(wheel: Wheel) {
    this.#wheel = wheel;
  }

  add(tunnel: Tunnel): void {
    this.#open.set(tunnel, new Alarm(() => tunnel.end(BACKEND_REMOVED)));
    this.#endIfRemoved(tunnel);
  }

  remove(tunnel: Tunnel): void {
    const removal = this.#open.get(tunnel);
    if (removal !== undefined) this.#wheel.remove(removal);
    this.#open.delete(tunnel);
  }

  /**
   * Those to backends that are gone end after a time.
   *
   * @param uids of the backends that are still there
   * @param timeout in milliseconds
   */
  retain(uids: ReadonlySet<number>, timeout: number): void {
    this.#backends = uids;
    this.#drainTimeout = timeout;
    for (const tunnel of this.#open.keys()) this.#endIfRemoved(tunnel);
  }

  /** Ends those of a listener, and waits a moment for their last frames to leave. */
  async cutOff(source: object): Promise<void> {
    const tunnels = this.#of(source);
    if (tunnels.length === 0) return;
    this.cut += tunnels.length;
    for (const tunnel of tunnels) tunnel.end(CUT_OFF);
    const late = Promise.withResolvers<void>();
    const alarm = new Alarm(late.resolve);
    this.#wheel.set(alarm, FAREWELL_MS);
    await Promise.race([Promise.all(tunnels.map(({ closed }) => closed)), late.promise]);
    this.#wheel.remove(alarm);
  }

  #of(source: object): Tunnel[] {
    return [...this.#open.keys()].filter((tunnel) => tunnel.source === source);
  }

  #endIfRemoved(tunnel: Tunnel): void {
    const removal = this.#open.get(tunnel)!;
    if (this.#backends?.has(tunnel.uid) ?? true) return;
    if (removal.deadline === Infinity) this.#wheel.set(removal, this.#drainTimeout);
  }
}
