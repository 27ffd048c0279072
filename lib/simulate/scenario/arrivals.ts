/** The requests of a run and the times at which they arrive. */
import { createRandomStream } from "./random_streams.ts";

/** The most requests of a run. */
export const MAX_REQUESTS = 10_000_000;

/** The longest time from the first request to the last. */
export const MAX_DAYS = 31;

const DAY_MS = 24 * 60 * 60 * 1000;

/** A request; it arrives at its time even if those before it are slow or fail. */
export interface Arrival {
  /** In milliseconds since the run began. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly clientAddress: string;
}

/** Requests in the order of their times; each iteration gives the same ones. */
export interface Arrivals extends Iterable<Arrival> {
  readonly count: number;
}

/** What generated requests are like. */
export interface Traffic {
  /** Mean number of requests a second. */
  readonly rate: number;
  readonly requests: number;
  /** The share of POSTs, 0 to 1; the others are GETs. */
  readonly posts: number;
  /** The number of clients that send them. */
  readonly clients: number;
}

/** Generates requests that arrive independently of each other: a Poisson process. */
export function generateArrivals(
  seed: number,
  { rate, requests, posts, clients }: Traffic,
): Arrivals {
  return {
    count: requests,
    *[Symbol.iterator]() {
      const random = createRandomStream(seed, "arrivals");
      let at = 0;
      for (let i = 0; i < requests; i++) {
        at -= Math.log1p(-random()) * 1000 / rate;
        const method = random() < posts ? "POST" : "GET";
        yield { at, method, path: "/", clientAddress: drawAddress(random, clients) };
      }
    },
  };
}

/**
 * Checks the time from the first request to the last.
 *
 * @param what the beginning of the message, up to and including "must"
 * @returns the problem, or undefined if there is none
 */
export function checkDuration(durationMs: number, what: string): string | undefined {
  const days = durationMs / DAY_MS;
  if (days <= MAX_DAYS) return undefined;
  return `${what} span at most ${MAX_DAYS} days: current value is ${days.toFixed(1)} days`;
}

/** Draws a client and returns its address. @param clients how many there are, 1 to 2^24 */
export function drawAddress(random: () => number, clients: number): string {
  const client = Math.floor(random() * clients);
  return `10.${client >>> 16 & 255}.${client >>> 8 & 255}.${client & 255}`;
}
