/** How long to wait before a worker that died is started again. */

const MIN_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5_000;

/** A worker that lived this long did not die of how it was started. */
const SETTLED_MS = 10_000;

/**
 * The wait doubles with each death, and starts over once a worker has lived for ten seconds.
 *
 * @param previousMs the wait before this worker's last start; undefined if it had none
 * @param livedMs how long it lived
 * @returns milliseconds, 100 to 5000
 */
export function nextBackoff(previousMs: number | undefined, livedMs: number): number {
  if (previousMs === undefined || livedMs >= SETTLED_MS) return MIN_BACKOFF_MS;
  return Math.min(2 * previousMs, MAX_BACKOFF_MS);
}
