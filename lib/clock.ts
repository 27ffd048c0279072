/**
 * The clock that everything about requests goes by: it moves in ticks of 50 ms, so that to read it, or
 * to set a deadline on it, costs nothing that a request would notice.
 */
import { TICK_MS, Wheel } from "./wheel.ts";

export interface Clock extends Disposable {
  /** Its deadlines. */
  readonly wheel: Wheel;
  /** The time of the last tick, in milliseconds. */
  readonly now: () => number;
}

/** Starts it; it ticks until it is disposed of. */
export function startClock(): Clock {
  const wheel = new Wheel(performance.now());
  const timer = setInterval(() => wheel.turn(performance.now()), TICK_MS);
  return {
    wheel,
    now: () => wheel.now,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
