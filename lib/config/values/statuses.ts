/** Parses `HEALTH_STATUS`: statuses and ranges of statuses, separated by commas: `200-399`, `2xx`, `200,204`. */
import type { Statuses } from "../../http/status_ranges.ts";
import { type Complaint, placeOf, type Read, reading } from "./reading.ts";

const EXPECTED = "must be statuses of 200 to 599 such as 200-399";

/** @returns the statuses, or a complaint about each entry that is not valid */
export function readStatuses(text: string): Read<Statuses> {
  const ranges: (readonly [from: number, to: number])[] = [];
  const complaints: Complaint[] = [];
  const entries = text.split(",").map((entry) => entry.trim());
  for (const [index, entry] of entries.entries()) {
    const [first, last] = readRange(entry);
    if (first >= 200 && first <= last && last <= 599) ranges.push([first, last]);
    else complaints.push({ expected: EXPECTED, shown: entry, place: placeOf(index, entries) });
  }
  return complaints.length > 0 ? complaints : reading(ranges);
}

/** As a user would write them. */
export function formatStatuses(statuses: Statuses): string {
  return statuses.map(([from, to]) => from === to ? `${from}` : `${from}-${to}`).join(",");
}

/** @returns NaN for both if it is no range */
function readRange(entry: string): [first: number, last: number] {
  const [, hundreds] = /^([1-9])xx$/i.exec(entry) ?? [];
  if (hundreds !== undefined) return [Number(hundreds) * 100, Number(hundreds) * 100 + 99];
  const [, from = "NaN", to = from] = /^(\d{3}) ?(?:- ?(\d{3}))?$/.exec(entry) ?? [];
  return [Number(from), Number(to)];
}
