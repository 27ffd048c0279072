/** The virtual clock of a run: it moves from one event to the next. */
import { createHeap } from "./heap.ts";

interface Entry {
  readonly at: number;
  /** Counts up with each push: a heap by itself does not keep the order of equal times. */
  readonly sequence: number;
  readonly event: () => void;
}

/** Events in the order of their times. Events of one time come out in the order of their pushes. */
export class EventQueue {
  /** The time of the last event that was popped, in milliseconds. */
  now = 0;
  #pushes = 0;
  readonly #entries = createHeap<Entry>((a, b) => a.at - b.at || a.sequence - b.sequence);

  /** @param at in milliseconds; a time in the past counts as now */
  push(at: number, event: () => void): void {
    this.#entries.push({ at: Math.max(at, this.now), sequence: this.#pushes++, event });
  }

  /** Removes the next event and moves the clock to its time; undefined if there is none. */
  pop(): (() => void) | undefined {
    const first = this.#entries.pop();
    if (first === undefined) return undefined;
    this.now = first.at;
    return first.event;
  }
}
