/**
 * Who waits for a backend's first byte, and for how long: one coarse clock for all requests.
 *
 * A timer and a watch on the client's connection for each request would be work for nothing: answers
 * mostly come within milliseconds. So a tick every 50 ms looks at those who wait:
 * one that waits longer than a tick is watched for its client leaving, one past the timeout expires.
 */
export abstract class Waiting {
  /** The tick since which nothing has happened; undefined where something has since the last one. */
  since: number | undefined;
  /** Where it stands among those who wait; undefined where it does not. */
  place: number | undefined;
  watched = false;
  /** Called once, when it waits for longer than a tick. */
  abstract watch(): void;
  /** Called once, when nothing has happened for the timeout. */
  abstract expire(): void;
}

/** How often it looks, in milliseconds; nothing expires earlier than its timeout, or two ticks later. */
export const TICK_MS = 50;

export class Deadlines {
  readonly #timeout: number;
  readonly #now: () => number;
  /** Who waits, in no order. */
  readonly #waiting: Waiting[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param timeout in milliseconds */
  constructor(timeout: number, now: () => number = () => performance.now()) {
    this.#timeout = timeout;
    this.#now = now;
  }

  /** Begins to wait. */
  begin(waiting: Waiting): void {
    waiting.place = this.#waiting.push(waiting) - 1;
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  /** Begins to wait anew, as something has happened. */
  touch(waiting: Waiting): void {
    waiting.since = undefined;
  }

  /**
   * Ends the waiting. At once, as a list that is swept later would keep finished requests from being
   * collected while they are young.
   */
  end(waiting: Waiting): void {
    const { place } = waiting;
    if (place === undefined) return;
    waiting.place = undefined;
    const last = this.#waiting.pop()!;
    if (last === waiting) return;
    this.#waiting[place] = last;
    last.place = place;
  }

  /** Stops the clock; nobody who still waits is called any more. */
  close(): void {
    for (const waiting of [...this.#waiting]) this.end(waiting);
    this.#stop();
  }

  #tick(): void {
    if (this.#waiting.length === 0) return this.#stop();
    const now = this.#now();
    for (const waiting of [...this.#waiting]) {
      if (waiting.place === undefined) continue; // ended by one before it
      if (waiting.since === undefined) {
        waiting.since = now;
      } else if (now - waiting.since >= this.#timeout) {
        this.end(waiting);
        waiting.expire();
      } else if (!waiting.watched) {
        waiting.watched = true;
        waiting.watch();
      }
    }
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
