/** The binary heap of std, with types: its package for npm has none. */
import { BinaryHeap } from "@std/data-structures/binary-heap";

/** A priority queue; the value that sorts first comes out first. */
export interface Heap<Value> {
  readonly length: number;
  push(value: Value): void;
  /** The first value, which stays; undefined if the heap is empty. */
  peek(): Value | undefined;
  /** Removes the first value; undefined if the heap is empty. */
  pop(): Value | undefined;
  clear(): void;
}

/** @param compare like that of Array.prototype.sort */
export function createHeap<Value>(compare: (a: Value, b: Value) => number): Heap<Value> {
  return new BinaryHeap(compare);
}
