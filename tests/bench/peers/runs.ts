/** What all measurements have in common: their key, and the order in which they are made. */

export interface RunKey {
  /** The key of the proxy. */
  readonly proxy: string;
  readonly workers: number;
  /** The key of the workload. */
  readonly workload: string;
  /** From 1. */
  readonly round: number;
}

/** Rotates a list by one more item each round, so that no contender always goes first. @param round from 1 */
export function rotate<Thing>(things: readonly Thing[], round: number): Thing[] {
  const first = things.length === 0 ? 0 : (round - 1) % things.length;
  return [...things.slice(first), ...things.slice(0, first)];
}
