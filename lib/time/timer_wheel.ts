/**
 * Deadlines of all connections on one coarse wheel, instead of a timer for each.
 *
 * A deadline is moved with every request, and almost none is ever reached. So moving one later, the
 * common case, is one number written: the entry stays in its slot, and only when that slot comes round
 * is it looked at and put where it belongs by then (lazy timing wheel; Varghese and Lauck, 1987,
 * scheme 6). Nothing expires early; it may be late by three ticks.
 */

/** How often the wheel turns, in milliseconds. */
export const TICK_MS = 50;

const SLOTS = 1024;

/** Something with a deadline. */
export abstract class Timed {
  /** When it expires, on the wheel's clock. */
  deadline = Infinity;
  /** When its slot comes round; Infinity where it stands in none. */
  due = Infinity;
  earlier: Timed | undefined;
  later: Timed | undefined;

  /** Called when the deadline has passed; it is then without one. */
  abstract expire(): void;
}

export class Wheel {
  /** The time of the last turn, in milliseconds: good enough for whoever wants to know how late it is. */
  now: number;
  /** The first entry of each slot. */
  readonly #slots: (Timed | undefined)[] = new Array(SLOTS).fill(undefined);

  /** @param now in milliseconds, on any clock that never goes back */
  constructor(now: number) {
    this.now = now;
  }

  /** Sets, or moves, a deadline to so many milliseconds from now. */
  set(timed: Timed, milliseconds: number): void {
    // Now was a tick ago at most: one more, so that nothing expires early.
    timed.deadline = this.now + milliseconds + TICK_MS;
    if (timed.due > timed.deadline) this.#place(timed);
  }

  /** Takes a deadline away, and leaves the entry where it stands. */
  clear(timed: Timed): void {
    timed.deadline = Infinity;
  }

  /** Forgets an entry. */
  remove(timed: Timed): void {
    timed.deadline = Infinity;
    if (timed.due !== Infinity) this.#unlink(timed);
  }

  /** Turns the wheel: what is past its deadline expires. */
  turn(now: number): void {
    const last = Math.floor(now / TICK_MS);
    let tick = Math.floor(this.now / TICK_MS) + 1;
    this.now = now;
    if (last - tick >= SLOTS) tick = last - SLOTS + 1; // it stood still: each slot once is enough
    for (; tick <= last; tick++) this.#empty(tick % SLOTS);
  }

  #empty(slot: number): void {
    const entries: Timed[] = [];
    for (let timed = this.#slots[slot]; timed !== undefined; timed = timed.later) {
      entries.push(timed);
    }
    for (const timed of entries) {
      if (timed.due > this.now) continue; // expiring, one before it removed or moved it
      this.#unlink(timed);
      if (timed.deadline <= this.now) {
        timed.deadline = Infinity;
        timed.expire();
      } else if (timed.deadline !== Infinity) {
        this.#place(timed);
      }
    }
  }

  #place(timed: Timed): void {
    if (timed.due !== Infinity) this.#unlink(timed);
    const current = Math.floor(this.now / TICK_MS);
    // What is past already comes with the next turn; what is further than a round, with the last slot.
    const nearest = Math.max(Math.ceil(timed.deadline / TICK_MS), current + 1);
    const tick = Math.min(nearest, current + SLOTS - 1);
    const slot = tick % SLOTS;
    const first = this.#slots[slot];
    timed.due = tick * TICK_MS;
    timed.earlier = undefined;
    timed.later = first;
    if (first !== undefined) first.earlier = timed;
    this.#slots[slot] = timed;
  }

  #unlink(timed: Timed): void {
    const { earlier, later } = timed;
    if (later !== undefined) later.earlier = earlier;
    if (earlier !== undefined) earlier.later = later;
    else this.#slots[(timed.due / TICK_MS) % SLOTS] = later;
    timed.due = Infinity;
    timed.earlier = timed.later = undefined;
  }
}
