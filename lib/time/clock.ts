/**
 * The clock for everything about requests.
 *
 * It moves in ticks of 50 ms, so that reading it and setting a deadline on it cost next to nothing. And it
 * counts only time in which this process ran: while the process is stopped, starved or collecting garbage,
 * responses wait unread in its sockets, and no backend is to blame for that.
 */
import { TICK_MS, Wheel } from "./timer_wheel.ts";

export interface Clock extends Disposable {
  /** Deadlines on this clock. */
  readonly wheel: Wheel;
  /** The time of the last tick, in milliseconds: the same for all workers. */
  readonly now: () => number;
  /** This worker's own time, in milliseconds with fractions. Reading it costs more. */
  readonly precisely: () => number;
}

/** The most that counts of the time between two ticks. */
const MAX_PER_TICK_MS = 4 * TICK_MS;

export interface ClockOptions {
  /** A time that several workers share, in milliseconds; by default the clock's own. */
  readonly time?: () => number;
  /** Called with each tick. @param now the clock's own time, in milliseconds */
  readonly onTick?: (now: number) => void;
}

/** Starts it; it ticks until it is disposed of. */
export function startClock({ time, onTick }: ClockOptions = {}): Clock {
  let tickedAt = performance.now();
  const wheel = new Wheel(tickedAt);
  const timer = setInterval(() => {
    const now = performance.now();
    const passed = Math.min(now - tickedAt, MAX_PER_TICK_MS);
    tickedAt = now; // before the wheel turns: what expires may read the time
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
