/** Times in log lines: RFC 3339, in UTC with milliseconds, `2026-11-26T04:24:10.111Z`. */

/** The part that stays the same for a second: Date formats no faster than a request is forwarded. */
let second = NaN;
let prefix = "";

/** @param time in milliseconds since 1970, a whole number */
export function formatTime(time: number): string {
  const current = Math.floor(time / 1_000);
  if (current !== second) {
    second = current;
    prefix = new Date(current * 1_000).toISOString().slice(0, -"000Z".length);
  }
  return `${prefix}${String(time - current * 1_000).padStart(3, "0")}Z`;
}
