/** A pause that ends by itself, or earlier. */
import { Timed, type Wheel } from "../../time/timer_wheel.ts";

export class Pause extends Timed {
  readonly #wheel: Wheel;
  readonly #over = Promise.withResolvers<void>();

  constructor(wheel: Wheel, milliseconds: number) {
    super();
    this.#wheel = wheel;
    wheel.set(this, milliseconds);
  }

  /** Resolves when it is over. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Ends it now. */
  end(): void {
    this.#wheel.remove(this);
    this.#over.resolve();
  }

  override expire(): void {
    this.end();
  }
}
