/** Parses `HEALTH_STATUS`: statuses and ranges of statuses, separated by commas: `200-399`, `200,204`. */
import type { Statuses } from "../http/status_ranges.ts";
import { type Complaint, type Read, reading } from "./setting.ts";

const EXPECTED = "must be statuses of 200 to 599 such as 200-399";

/** @returns the statuses, or a complaint about each entry that is not valid */
export function readStatuses(text: string): Read<Statuses> {
  const ranges: (readonly [from: number, to: number])[] = [];
  const complaints: Complaint[] = [];
  for (const entry of text.split(",").map((entry) => entry.trim())) {
    const [, from = "", to = from] = /^(\d{3})(?:-(\d{3}))?$/.exec(entry) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (first >= 200 && first <= last && last <= 599) ranges.push([first, last]);
    else complaints.push({ expected: EXPECTED, shown: entry });
  }
  return complaints.length > 0 ? complaints : reading(ranges);
}
