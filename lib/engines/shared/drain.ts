/** Waiting for what is in flight while an engine stops. */
import { delay } from "@std/async/delay";

/** How often a drain looks whether it is done, in milliseconds. */
const POLL_MS = 20;

/**
 * Waits until a condition holds, or time is up. It polls, because a drain happens once in a process's
 * life, and no request should pay for being waited for.
 *
 * @param deadline on the clock of performance.now()
 */
export async function waitUntil(condition: () => boolean, deadline: number): Promise<void> {
  while (!condition() && performance.now() < deadline) await delay(POLL_MS);
}
