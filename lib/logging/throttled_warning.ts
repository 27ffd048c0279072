/** Trouble that goes on is told when it begins, and then not again until it has been away for a while. */

/** In milliseconds. */
const QUIET_MS = 10_000;

/**
 * @param tell writes it down
 * @param clock in milliseconds
 * @returns what to call each time the trouble is seen
 */
export function throttledWarning(
  tell: (warning: string) => void,
  clock: () => number,
): (warning: string) => void {
  let seenAt = -Infinity;
  return (warning) => {
    const now = clock();
    if (now - seenAt >= QUIET_MS) tell(warning);
    seenAt = now;
  };
}
