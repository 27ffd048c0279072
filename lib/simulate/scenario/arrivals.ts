/** Which requests come, and when. */
import { stream } from "../run/random.ts";

/** The most requests of a run. */
export const MAX_REQUESTS = 10_000_000;

/** From the first to the last. */
export const MAX_DAYS = 31;

const DAY_MS = 24 * 60 * 60 * 1000;

/** One request that comes, whatever became of those before it. */
export interface Arrival {
  /** In milliseconds since the first one came, or the run began. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly clientAddress: string;
}

/** Requests in the order in which they come; the same ones each time they are gone through. */
export interface Arrivals extends Iterable<Arrival> {
  readonly count: number;
}

/** Requests of a kind, independent of each other. */
export interface Traffic {
  /** Requests a second in the mean. */
  readonly rate: number;
  readonly requests: number;
  /** The share of POSTs, 0 to 1; the others are GETs. */
  readonly posts: number;
  /** How many clients they come from. */
  readonly clients: number;
}

/** Requests that come independently of each other: a Poisson process. */
export function poisson(seed: number, { rate, requests, posts, clients }: Traffic): Arrivals {
  return {
    count: requests,
    *[Symbol.iterator]() {
      const random = stream(seed, "arrivals");
      let at = 0;
      for (let i = 0; i < requests; i++) {
        at -= Math.log1p(-random()) * 1000 / rate;
        const method = random() < posts ? "POST" : "GET";
        yield { at, method, path: "/", clientAddress: drawAddress(random, clients) };
      }
    },
  };
}

/** What is wrong with the length of a run. @param length in milliseconds @param what has it */
export function lengthProblem(length: number, what: string): string | undefined {
  const days = length / DAY_MS;
  if (days <= MAX_DAYS) return undefined;
  return `${what} ${MAX_DAYS} days at most: current value is ${days.toFixed(1)} days`;
}

/** The address of one of so many clients; private addresses, 16 million of them. */
export function drawAddress(random: () => number, clients: number): string {
  const client = Math.floor(random() * clients);
  return `10.${client >>> 16 & 255}.${client >>> 8 & 255}.${client & 255}`;
}
