/** When a simulated backend fails, and how. */
import { isReading, type Read, reading } from "../../config/setting.ts";
import { duration, HOUR_MS } from "../../config/values.ts";

/** Ways to fail, the one that hides the others first. */
export const FAULTS = ["refuses", "swallows", "breaks", "hangs", "errors", "slow"] as const;

export type Fault = typeof FAULTS[number];

/** A time over which a backend fails; in milliseconds since the run began. */
export interface Period {
  readonly fault: Fault;
  readonly from: number;
  readonly to: number;
  /** How long it fails, and then is well, by turns; Infinity where it fails all the time. */
  readonly turn: number;
  /** How many times as long answers take, 1 or more. */
  readonly factor: number;
}

const EXPECTED = "must have a time such as 10s-20s, or 10s-40s/2s to fail for 2s by turns";

/** `10s-20s`, `10s-40s/2s`; for `slow` with a factor: `10s-20s*5`. */
export function readPeriod(fault: Fault, text: string): Read<Period> {
  const [, start = "", end = "", , half, , times] =
    /^([^-/*]*)-([^-/*]*)(\/([^-/*]*))?(\*([^-/*]*))?$/.exec(text) ?? [];
  const from = time(start);
  const to = time(end);
  const turn = half === undefined ? Infinity : time(half);
  if (from === undefined || to === undefined || !turn) return `${EXPECTED} after ${fault}=`;
  if (to <= from) return `must have a time after ${fault}= that ends after it begins`;
  if (fault !== "slow") {
    if (times !== undefined) return `must have no factor after ${fault}=`;
    return reading({ fault, from, to, turn, factor: 1 });
  }
  const factor = /^\d{1,4}(?:\.\d{1,3})?$/.test(times ?? "") ? Number(times) : NaN;
  if (!(factor >= 1 && factor <= 1000)) {
    return "must have a factor of 1 to 1000 after slow=, such as 10s-20s*5";
  }
  return reading({ fault, from, to, turn, factor });
}

function time(text: string): number | undefined {
  const read = duration(text, 0, 24 * HOUR_MS);
  return isReading(read) ? read.value : undefined;
}

/** Whether it is at a time in a period, and not in a turn of being well. */
export function isOn({ from, to, turn }: Period, at: number): boolean {
  return at >= from && at < to && Math.floor((at - from) / turn) % 2 === 0;
}

/** The first time after this one at which a period, or a turn of it, begins; Infinity where none does. */
export function nextBeginning({ from, to, turn }: Period, after: number): number {
  if (after < from) return from;
  if (turn === Infinity) return Infinity;
  const next = from + 2 * turn * (Math.floor((after - from) / (2 * turn)) + 1);
  return next < to ? next : Infinity;
}
