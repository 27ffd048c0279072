/**
 * The clock for everything about requests.
 *
 * It moves in ticks of 50 ms, so that reading it and setting a deadline on it cost next to nothing. And it
 * counts only time in which this process ran: while the process is stopped, starved or collecting garbage,
 * responses wait unread in its sockets, and no backend is to blame for that.
 *
 * If nothing is due for a while, it sleeps and ticks about once a second. Whoever reads it or sets a deadline
 * wakes it, so its own time, when read, is never older than a tick. A time that workers share is moved on by
 * the control plane: right after a sleep it may be read once more as it was, up to a second old. It is the
 * same for all workers then, too, so their order of events holds.
 */
import { TICK_MS, Wheel } from "./timer_wheel.ts";

export interface Clock extends Disposable {
  /** Deadlines on this clock. */
  readonly wheel: Wheel;
  /** The time of the last tick, in milliseconds, or the one that workers share. */
  readonly now: () => number;
  /** This worker's own time, in milliseconds with fractions. Reading it costs more. */
  readonly precisely: () => number;
  /**
   * Calls an action with each tick from now on, after what is due has expired.
   *
   * @returns what ends that
   */
  readonly onTick: (action: () => void) => () => void;
  /** Ends a sleep: from now on it ticks, until nothing is due for a while. */
  readonly wake: () => void;
}

/** The most that counts of the time between two ticks, unless a sleep was to be longer. */
const MAX_PER_TICK_MS = 4 * TICK_MS;

/** The longest sleep, which is how often a worker shows at least that it is alive. */
const MAX_SLEEP_MS = 1_000;

export interface ClockOptions {
  /** A time that several workers share, in milliseconds; by default the clock's own. */
  readonly time?: () => number;
  /** Called each time that it moves. @param now the clock's own time, in milliseconds */
  readonly onMove?: (now: number) => void;
  /** Whether it must go on ticking, although nothing is due on it; asked with each tick. */
  readonly staysAwake?: () => boolean;
  /** Called when it falls asleep, and when it wakes. */
  readonly onSleep?: () => void;
  readonly onWake?: () => void;
}

/** Starts it; it ticks until it is disposed of. */
export function startClock(options: ClockOptions = {}): Clock {
  const { time, onMove, staysAwake = () => false, onSleep, onWake } = options;
  const actions = new Set<() => void>();
  /** When it moved last, by performance.now(). */
  let movedAt = performance.now();
  let now = movedAt;
  /** From its last move to the next tick. */
  let pauseMs = TICK_MS;
  let sleeps = false;
  let disposed = false;
  const wheel = new Wheel(now);
  let timer = setTimeout(tick, pauseMs);

  function move(): number {
    const present = performance.now();
    now += Math.min(present - movedAt, Math.max(pauseMs, MAX_PER_TICK_MS));
    movedAt = present; // before the wheel turns: what expires may read the time
    onMove?.(now);
    return now;
  }

  function tick(): void {
    const slept = sleeps;
    sleeps = false;
    wheel.turn(move());
    for (const action of actions) action();
    if (disposed) return;
    // Half of the time to the next deadline: if this process is stopped meanwhile, none expires by that.
    const sleepMs = staysAwake() ? 0 : wheel.idleFor(2 * MAX_SLEEP_MS) / 2;
    sleeps = sleepMs > TICK_MS;
    tickAfter(sleeps ? sleepMs : TICK_MS);
    if (sleeps) wheel.sleep(wake);
    if (sleeps !== slept) (sleeps ? onSleep : onWake)?.();
  }

  function wake(): void {
    if (!sleeps || disposed) return;
    sleeps = false;
    clearTimeout(timer);
    wheel.wake(move());
    tickAfter(TICK_MS);
    onWake?.();
  }

  function tickAfter(milliseconds: number): void {
    pauseMs = milliseconds;
    timer = setTimeout(tick, milliseconds);
  }

  return {
    wheel,
    now() {
      wake();
      return time?.() ?? now;
    },
    precisely: () => wheel.now + Math.min(performance.now() - movedAt, MAX_PER_TICK_MS),
    onTick(action) {
      actions.add(action);
      return () => void actions.delete(action);
    },
    wake,
    [Symbol.dispose]() {
      disposed = true;
      clearTimeout(timer);
    },
  };
}
