/**
 * A table of times in shared memory, found by a hash of 64 bits: what rate limits know of each key, exact
 * over all workers. It has a fixed size. If there is no room for a new key, it shares one place with all
 * others that found none: a flood of keys can then slow down new ones, but not fill the memory.
 */
import { AtomicInt, Cells } from "./cells.ts";
import { Lock } from "./lock.ts";

/** Places for keys: a power of 2. */
const PLACES = 65_536;

/** How many places a key may have: the one of its hash, and those after it. */
const PROBES = 16;

/** A place: a hash in two cells of 32 bits, and a time. */
const PLACE_BYTES = 16;

/** The lock, and the place that keys share for which there is no room. */
const HEAD_BYTES = 2 * PLACE_BYTES;

/** A new table, to be handed to all workers. */
export function newRateTable(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEAD_BYTES + PLACES * PLACE_BYTES);
}

export class RateTable {
  readonly #integers: Int32Array;
  readonly #floats: Float64Array;
  readonly #lock: Lock;

  constructor(buffer: SharedArrayBuffer = newRateTable()) {
    const cells = new Cells(buffer);
    this.#integers = cells.integers;
    this.#floats = cells.floats;
    this.#lock = new Lock(new AtomicInt(cells, 0));
  }

  /**
   * Changes the time of a key while no other worker does. A new key has the time 0.
   *
   * @param hash two whole numbers of 32 bits
   * @param now times up to this one are as good as 0: such a key may make room for another one
   * @param change takes the time, returns the new one
   */
  change(hash: readonly [number, number], now: number, change: (time: number) => number): void {
    this.#lock.hold(() => {
      const place = this.#find(hash[0] | 0, hash[1] | 1, now); // no hash is 0, 0
      const float = place / 8 + 1;
      this.#floats[float] = change(this.#floats[float]!);
    });
  }

  /** The offset of a key's place, in bytes. */
  #find(first: number, second: number, now: number): number {
    let free = -1;
    for (let probe = 0; probe < PROBES; probe++) {
      const place = HEAD_BYTES + ((first + probe) & (PLACES - 1)) * PLACE_BYTES;
      const at = place / 4;
      if (this.#integers[at] === first && this.#integers[at + 1] === second) return place;
      if (free === -1 && this.#floats[place / 8 + 1]! <= now) free = place;
      if (this.#integers[at + 1] === 0) break; // nothing was ever put here, nor behind it
    }
    if (free === -1) return PLACE_BYTES; // the shared one
    this.#integers[free / 4] = first;
    this.#integers[free / 4 + 1] = second;
    this.#floats[free / 8 + 1] = 0;
    return free;
  }
}
