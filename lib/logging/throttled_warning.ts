/** Reports trouble that goes on once when it begins, and again only after a time without it. */

const QUIET_MS = 10_000;

/**
 * @param report called when the trouble begins
 * @param clock in milliseconds
 * @returns a function to call each time the trouble is noticed
 */
export function throttledWarning(
  report: (warning: string) => void,
  clock: () => number,
): (warning: string) => void {
  let noticedAt = -Infinity;
  return (warning) => {
    const now = clock();
    if (now - noticedAt >= QUIET_MS) report(warning);
    noticedAt = now;
  };
}
