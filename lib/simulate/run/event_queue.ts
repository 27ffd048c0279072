/** A virtual clock: what happens next, and when. It moves only from one event to the next one. */

interface Entry {
  readonly at: number;
  /** Which one it was to be put in. */
  readonly sequence: number;
  readonly event: () => void;
}

/** Events in the order of their times; of those at one time, the first put in comes first. */
export class EventQueue {
  /** The time of the last event that was taken out, in milliseconds. */
  now = 0;
  #sequence = 0;
  /** A binary heap: each entry comes before the two at twice its place and one or two more. */
  readonly #heap: Entry[] = [];

  /** @param at in milliseconds; a time that is over counts as now */
  push(at: number, event: () => void): void {
    const entry = { at: Math.max(at, this.now), sequence: this.#sequence++, event };
    let place = this.#heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (isBefore(this.#heap[parent]!, entry)) break;
      this.#heap[place] = this.#heap[parent]!;
      place = parent;
    }
    this.#heap[place] = entry;
  }

  /** Takes out the next event, and moves the clock to it; undefined where there is none. */
  pop(): (() => void) | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (first !== last) this.#sink(last);
    this.now = first.at;
    return first.event;
  }

  /** Puts an entry in the place of the first one, which is gone, or further down. */
  #sink(entry: Entry): void {
    const heap = this.#heap;
    let place = 0;
    while (true) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(entry, heap[child]!)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = entry;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || a.at === b.at && a.sequence < b.sequence;
}
