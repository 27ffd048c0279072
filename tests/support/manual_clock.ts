import type { Clock } from "../../lib/time/clock.ts";
import { TICK_MS, Wheel } from "../../lib/time/timer_wheel.ts";

/** A clock that moves only as a test wants, while sockets are real. */
export class ManualClock implements Clock {
  readonly wheel = new Wheel(0);
  readonly now = (): number => this.wheel.now;
  readonly precisely = this.now;
  readonly #actions = new Set<() => void>();

  onTick(action: () => void): () => void {
    this.#actions.add(action);
    return () => void this.#actions.delete(action);
  }

  /** It never sleeps. */
  wake(): void {}

  /** Moves on in ticks, and in each lets happen what is due or has arrived. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.wheel.now + milliseconds;
    while (this.wheel.now < until) {
      this.wheel.turn(this.wheel.now + TICK_MS);
      for (const action of this.#actions) action();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  /** Moves on until a condition holds. @returns how long that took on this clock, in milliseconds */
  async advanceUntil(condition: () => boolean): Promise<number> {
    const startedAt = this.wheel.now;
    while (!condition()) await this.advance(TICK_MS);
    return this.wheel.now - startedAt;
  }

  [Symbol.dispose](): void {}
}
