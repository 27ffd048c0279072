/**
 * The wrapping counter behind round robin: one Uint32 cell, so that many workers can share it.
 *
 * Picks are `turn % cycle`. A plain `Atomics.add` wraps at 2^32, and where 2^32 is no multiple of the
 * cycle that wrap breaks the rotation (after 0xFFFFFFFF, 3 backends would see 0, 0, 1). So the wrap
 * lands on the turn that goes on in the same phase; compare-and-exchange keeps it exact over workers.
 */
const TURNS = 2 ** 32;

export class Counter {
  readonly #cell: Uint32Array;

  /** @param cell one unsigned 32-bit cell; share its SharedArrayBuffer to count over several workers */
  constructor(cell: Uint32Array = new Uint32Array(new SharedArrayBuffer(4))) {
    this.#cell = cell;
  }

  /** The turn that the next call of {@linkcode next} will take, without taking it. */
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
