/**
 * The requests that a backend with a capacity works on, and those that wait: first come, first
 * served.
 */
import { createHeap } from "./heap.ts";

export class WorkSlots {
  readonly #capacity: number;
  /** When each request in a slot is done; at most as many as the capacity. */
  readonly #doneAt = createHeap<number>((a, b) => a - b);

  /** @param capacity how many requests are worked on at a time, 1 or more */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** When work on the next request begins, behind all that were added. */
  findStart(now: number): number {
    return this.#doneAt.length < this.#capacity ? now : Math.max(now, this.#doneAt.peek()!);
  }

  /** Adds the next request, which is done at this time. */
  add(doneAt: number): void {
    if (this.#doneAt.length === this.#capacity) this.#doneAt.pop();
    this.#doneAt.push(doneAt);
  }

  /** Drops all requests, waiting ones included. */
  clear(): void {
    this.#doneAt.clear();
  }
}
