import { Timed } from "./timer_wheel.ts";

/** Calls back at its deadline. */
export class Alarm extends Timed {
  readonly #ring: () => void;

  constructor(ring: () => void) {
    super();
    this.#ring = ring;
  }

  override expire(): void {
    this.#ring();
  }
}
