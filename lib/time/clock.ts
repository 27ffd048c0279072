/**
 * The clock that everything about requests goes by.
 *
 * It moves in ticks of 50 ms, so that to read it, or to set a deadline on it, costs nothing that a
 * request would notice. And it counts only time that this process saw: while it is stopped, starved or
 * collecting garbage, answers wait unread in its sockets, and no backend is to blame for that.
 */
import { TICK_MS, Wheel } from "./timer_wheel.ts";

export interface Clock extends Disposable {
  /** Its deadlines. */
  readonly wheel: Wheel;
  /** The time of the last tick, in milliseconds: the same for all workers. */
  readonly now: () => number;
  /** This worker's own time, in milliseconds and parts of them. Costs more. */
  readonly precisely: () => number;
}

/** How much of the time between two ticks counts at most, in milliseconds. */
const MAX_PER_TICK_MS = 4 * TICK_MS;

export interface ClockOptions {
  /** The time that several workers go by, in milliseconds; by default each one's own. */
  readonly time?: () => number;
  /** Called with each tick. @param now its own time, in milliseconds */
  readonly onTick?: (now: number) => void;
}

/** Starts it; it ticks until it is disposed of. */
export function startClock({ time, onTick }: ClockOptions = {}): Clock {
  let tickedAt = performance.now();
  const wheel = new Wheel(tickedAt);
  const timer = setInterval(() => {
    const now = performance.now();
    const passed = Math.min(now - tickedAt, MAX_PER_TICK_MS);
    tickedAt = now; // before the wheel turns: whoever is called by it may want to know the time
    wheel.turn(wheel.now + passed);
    onTick?.(wheel.now);
  }, TICK_MS);
  return {
    wheel,
    now: time ?? (() => wheel.now),
    precisely: () => wheel.now + Math.min(performance.now() - tickedAt, MAX_PER_TICK_MS),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
