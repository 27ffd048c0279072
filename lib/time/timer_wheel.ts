/**
 * Deadlines of all connections on one coarse wheel, instead of a timer for each.
 *
 * Deadlines are moved with every request, and almost none is ever reached. So to move one later, which
 * is the common case, is to write one number: the entry stays in its slot, and is moved to the right one
 * when that slot comes round (a lazy timing wheel; Varghese and Lauck, 1987, scheme 6). Nothing expires
 * early; it may expire three ticks late.
 */

/** How often the wheel turns, in milliseconds. */
export const TICK_MS = 50;

const SLOTS = 1024;

/** Something with a deadline. */
export abstract class Timed {
  /** When it expires, on the wheel's clock. */
  deadline = Infinity;
  /** When its slot comes round; Infinity if it is in none. */
  due = Infinity;
  earlier: Timed | undefined;
  later: Timed | undefined;

  /** Called when the deadline has passed; it is then without one. */
  abstract expire(): void;
}

export class Wheel {
  #now: number;
  /** The tick of the last turn: slots up to here are empty of what was due. */
  #turned: number;
  /** The first entry of each slot. */
  readonly #slots: (Timed | undefined)[] = new Array(SLOTS).fill(undefined);
  #onUse: (() => void) | undefined;

  /** @param now in milliseconds, on any clock that never goes back */
  constructor(now: number) {
    this.#now = now;
    this.#turned = tickOf(now);
  }

  /** The time of the last turn, in milliseconds: a cheap clock that is a tick behind at most. */
  get now(): number {
    this.#onUse?.();
    return this.#now;
  }

  /** Sets, or moves, a deadline. @param milliseconds from now */
  set(timed: Timed, milliseconds: number): void {
    // `now` is up to a tick behind, so a tick is added: nothing expires early.
    timed.deadline = this.now + milliseconds + TICK_MS;
    if (timed.due > timed.deadline) this.#place(timed);
  }

  /** Removes a deadline, and leaves the entry in its slot: it may get another one soon. */
  clear(timed: Timed): void {
    timed.deadline = Infinity;
  }

  /** Forgets an entry. */
  remove(timed: Timed): void {
    timed.deadline = Infinity;
    if (timed.due !== Infinity) this.#unlink(timed);
  }

  /** Turns the wheel: entries past their deadline expire. @param now in milliseconds */
  turn(now: number): void {
    this.#onUse = undefined;
    this.#now = now;
    const last = tickOf(now);
    let tick = this.#turned + 1;
    this.#turned = last;
    if (last - tick >= SLOTS) tick = last - SLOTS + 1; // it stood still: each slot once is enough
    for (; tick <= last; tick++) this.#empty(tick % SLOTS);
  }

  /**
   * How long nothing can expire: until a slot with an entry comes round.
   *
   * @param limit how far to look ahead, in milliseconds, less than a round
   * @returns in milliseconds; `limit` if there is no entry until then
   */
  idleFor(limit: number): number {
    const last = tickOf(this.#now + limit);
    for (let tick = this.#turned + 1; tick <= last; tick++) {
      if (this.#slots[tick % SLOTS] !== undefined) return Math.max(0, tick * TICK_MS - this.#now);
    }
    return limit;
  }

  /**
   * Lets the time stand still until the next turn.
   *
   * @param onUse called if the time is read or a deadline is set before that: it is to move the time on
   */
  sleep(onUse: () => void): void {
    this.#onUse = onUse;
  }

  /** Ends a sleep without a turn. Nothing expires before the next one. @param now in milliseconds */
  wake(now: number): void {
    this.#onUse = undefined;
    this.#now = now;
  }

  #empty(slot: number): void {
    const entries: Timed[] = [];
    for (let timed = this.#slots[slot]; timed !== undefined; timed = timed.later) {
      entries.push(timed);
    }
    for (const timed of entries) {
      if (timed.due > this.#now) continue; // expiring, one before it removed or moved it
      this.#unlink(timed);
      if (timed.deadline <= this.#now) {
        timed.deadline = Infinity;
        timed.expire();
      } else if (timed.deadline !== Infinity) {
        this.#place(timed);
      }
    }
  }

  #place(timed: Timed): void {
    if (timed.due !== Infinity) this.#unlink(timed);
    const current = tickOf(this.#now);
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

function tickOf(time: number): number {
  return Math.floor(time / TICK_MS);
}
