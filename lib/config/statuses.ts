/** Reads `HEALTH_STATUS`: statuses and ranges of them, separated by commas: `200-399`, `200,204`. */
import type { Statuses } from "../http/status_ranges.ts";
import { type Complaint, type Read, reading } from "./setting.ts";

/** The statuses, or a complaint about each entry that is none. */
export function readStatuses(text: string): Read<Statuses> {
  const ranges: (readonly [from: number, to: number])[] = [];
  const complaints: Complaint[] = [];
  for (const entry of text.split(",").map((entry) => entry.trim())) {
    const [, from = "", to = from] = /^(\d{3})(?:-(\d{3}))?$/.exec(entry) ?? [];
    const range = [Number(from), Number(to)] as const;
    if (range[0] >= 200 && range[0] <= range[1] && range[1] <= 599) ranges.push(range);
    else {complaints.push({
        expected: "must be statuses of 200 to 599 such as 200-399",
        shown: entry,
      });}
  }
  if (complaints.length > 0) return complaints;
  return reading(ranges);
}
