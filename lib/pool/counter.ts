/**
 * The wrapping counter behind round robin: one Uint32 cell that workers can share.
 *
 * Picks are `turn % cycle`. A plain `Atomics.add` wraps to 0 at 2^32, which breaks the rotation if 2^32 is
 * not a multiple of the cycle: after 0xFFFFFFFF, the picks of 3 backends would be 0, 0, 1. So this counter
 * wraps to the turn that continues the rotation. Compare-and-exchange keeps it exact over all workers.
 */
const TURNS = 2 ** 32;

export class Counter {
  readonly #cell: Uint32Array;

  /** @param cell one unsigned 32-bit number, in memory that workers share; by default its own */
  constructor(cell: Uint32Array = new Uint32Array(new SharedArrayBuffer(4))) {
    this.#cell = cell;
  }

  /** The turn that the next call of {@linkcode next} will take. */
  get upcoming(): number {
    return Atomics.load(this.#cell, 0);
  }

  /**
   * Takes a turn.
   *
   * @param cycle after how many turns the rotation repeats, 1 or more
   * @returns 0 to 2^32 - 1
   */
  next(cycle: number): number {
    while (true) {
      const turn = Atomics.load(this.#cell, 0);
      const following = (turn + 1) % TURNS || TURNS % cycle;
      if (Atomics.compareExchange(this.#cell, 0, turn, following) === turn) return turn;
    }
  }
}
