/** Waiting for what is in flight while an engine stops. */
import { delay } from "@std/async/delay";

/** How often a drain looks whether it is done, in milliseconds. */
const POLL_MS = 20;

/** The most that counts of a time between two looks, in milliseconds. */
const MAX_PER_POLL_MS = 2 * POLL_MS;

/**
 * How many turns of the event loop what has arrived gets to be noticed. In each, a connection that waits gets
 * one step further: it is accepted, found to be HTTP/1, read from, and its request is handed over. That takes
 * up to four turns if each of them is held up, as then timers come before what has arrived.
 */
const LAST_TURNS = 12;

/**
 * Waits until a condition holds, or time is up. It polls, because a drain happens once in a process's
 * life, and no request should pay for being waited for.
 *
 * @param deadline on the clock of performance.now()
 */
export async function waitUntil(condition: () => boolean, deadline: number): Promise<void> {
  while (!condition() && performance.now() < deadline) await delay(POLL_MS);
}

/**
 * Waits, and counts only time in which this process runs: what arrives while it is held up waits unread in
 * its sockets, and would be lost if they were closed right then.
 *
 * @param milliseconds to wait
 * @param deadline after which it does not wait, on the clock of performance.now()
 */
export async function runFor(milliseconds: number, deadline: number): Promise<void> {
  let at = performance.now();
  for (let left = milliseconds; left > 0 && at < deadline;) {
    await delay(Math.min(left, POLL_MS));
    const now = performance.now();
    left -= Math.min(now - at, MAX_PER_POLL_MS);
    at = now;
  }
  for (let turn = 0; turn < LAST_TURNS; turn++) await delay(0); // it may have been held up at the very end
}

/**
 * Waits until nothing arrives for two turns, at the latest until the deadline: on a busy system something
 * always arrives.
 *
 * @param arrivals a number that changes whenever something arrives
 * @param turn how long one takes, in milliseconds; 0 for a turn of the event loop, in which what is there
 * already is noticed
 * @param deadline on the clock of performance.now()
 */
export async function untilQuiet(
  arrivals: () => number,
  turn: number,
  deadline: number,
): Promise<void> {
  let seen;
  do {
    seen = arrivals();
    await twoTurns(turn);
  } while (arrivals() !== seen && performance.now() < deadline);
}

/** In one turn of the event loop timers may come before what has arrived, in two they do not. */
async function twoTurns(milliseconds: number): Promise<void> {
  await delay(milliseconds);
  await delay(milliseconds);
}
