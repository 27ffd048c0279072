/** What all measurements of one contender have in common. */

export interface RunOf {
  /** The key of the proxy. */
  readonly proxy: string;
  readonly workers: number;
  /** The key of the workload. */
  readonly workload: string;
  /** From 1. */
  readonly round: number;
}

/** The same things, each round beginning with another one, so that none always comes after the same. */
export function rotated<Thing>(things: readonly Thing[], round: number): Thing[] {
  const first = things.length === 0 ? 0 : (round - 1) % things.length;
  return [...things.slice(first), ...things.slice(0, first)];
}
