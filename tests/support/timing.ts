/** How long things take, for tests of timeouts. */
import { assert } from "@std/assert";

export const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** The result, and how long it took in milliseconds. */
export async function timed<Value>(action: () => Promise<Value>): Promise<[Value, number]> {
  const startedAt = performance.now();
  return [await action(), performance.now() - startedAt];
}

/**
 * How late it may be on a machine that is busy or was stopped, in milliseconds: less than it would be if another
 * limit of a test's balancer (support/balancer.ts) ended it.
 */
const MAX_LATE_MS = 4_000;

/** It was not early, and late by no more than a busy machine explains. */
export function assertAbout(took: number, expected: number): void {
  const isAbout = took >= expected - 20 && took < expected + MAX_LATE_MS;
  assert(isAbout, `${took} ms instead of ${expected}`);
}
