/**
 * Turns the TimeoutError of `deadline` (`@std/async`) into undefined, if going on matters more than the
 * result: `await deadline(promise, WAIT_MS).catch(ignoreTimeout)`.
 *
 * @throws any other error
 */
export function ignoreTimeout(error: unknown): undefined {
  if (error instanceof DOMException && error.name === "TimeoutError") return undefined;
  throw error;
}
