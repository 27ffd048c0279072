/** Calls for a check of the heartbeats with every turn of a wheel. */
import { Timed, type Wheel } from "../time/timer_wheel.ts";

export class HeartbeatTimer extends Timed {
  readonly #wheel: Wheel;
  readonly #check: () => void;

  constructor(wheel: Wheel, check: () => void) {
    super();
    this.#wheel = wheel;
    this.#check = check;
  }

  /** Starts it; it runs as long as the wheel turns. */
  start(): void {
    this.#wheel.set(this, 0);
  }

  override expire(): void {
    this.#check();
    this.start();
  }
}
