/** When a simulated backend fails, and how. */
import { isReading, type Read, reading } from "../../config/values/reading.ts";
import { duration, HOUR_MS } from "../../config/values/quantities.ts";

/** The ways to fail. If periods overlap, the fault that stands first here decides. */
export const FAULTS = ["refuses", "swallows", "breaks", "hangs", "errors", "slow"] as const;

export type Fault = typeof FAULTS[number];

/** A period in which a backend fails; times are in milliseconds since the run began. */
export interface Period {
  readonly fault: Fault;
  readonly from: number;
  /** The end, which is no longer part of the period. */
  readonly to: number;
  /**
   * The length of a turn: the backend fails for one turn, is well for the next, and so on. Infinity
   * if it fails for the whole period.
   */
  readonly turn: number;
  /** What latencies are multiplied by, 1 to 1000. */
  readonly factor: number;
}

const MAX_FACTOR = 1000;

/** Reads `10s-20s` or `10s-40s/2s`, and for `slow` also a factor: `10s-20s*5`. */
export function readPeriod(fault: Fault, text: string): Read<Period> {
  const [, start = "", end = "", , half, , times] =
    /^([^-/*]*)-([^-/*]*)(\/([^-/*]*))?(\*([^-/*]*))?$/.exec(text) ?? [];
  const from = readTime(start);
  const to = readTime(end);
  const turn = half === undefined ? Infinity : readTime(half);
  if (from === undefined || to === undefined || !turn) {
    return `must have a period after ${fault}= such as 10s-20s, or 10s-40s/2s for turns of 2s`;
  }
  if (to <= from) return `must have a period after ${fault}= that ends later than it begins`;
  if (fault !== "slow") {
    if (times !== undefined) return `must have no factor after ${fault}=`;
    return reading({ fault, from, to, turn, factor: 1 });
  }
  const factor = /^\d{1,4}(?:\.\d{1,3})?$/.test(times ?? "") ? Number(times) : NaN;
  if (!(factor >= 1 && factor <= MAX_FACTOR)) {
    return `must have a factor of 1 to ${MAX_FACTOR} after slow=, such as 10s-20s*5`;
  }
  return reading({ fault, from, to, turn, factor });
}

/** A time up to a day, in milliseconds; undefined if it is none. */
function readTime(text: string): number | undefined {
  const read = duration(text, 0, 24 * HOUR_MS);
  return isReading(read) ? read.value : undefined;
}

/** Whether the backend fails at a time: in the period, and not in a turn in which it is well. */
export function isFailing({ from, to, turn }: Period, at: number): boolean {
  return at >= from && at < to && Math.floor((at - from) / turn) % 2 === 0;
}

/** The first time after `after` at which the backend begins to fail; Infinity if there is none. */
export function findNextStart({ from, to, turn }: Period, after: number): number {
  if (after < from) return from;
  if (turn === Infinity) return Infinity;
  const next = from + 2 * turn * (Math.floor((after - from) / (2 * turn)) + 1);
  return next < to ? next : Infinity;
}
