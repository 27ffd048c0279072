/** How long things take, for tests of timeouts. */
import { assert } from "@std/assert";

export const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** The result, and how long it took in milliseconds. */
export async function timed<Value>(action: () => Promise<Value>): Promise<[Value, number]> {
  const startedAt = performance.now();
  return [await action(), performance.now() - startedAt];
}

/** It was not early, and late by no more than a busy machine explains. */
export function assertAbout(took: number, expected: number): void {
  assert(took >= expected - 20 && took < expected + 1_000, `${took} ms instead of ${expected}`);
}
