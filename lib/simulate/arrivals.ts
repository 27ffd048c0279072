/** Which requests come, and when. */
import { stream } from "./random.ts";

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
        yield { at, method, path: "/", clientAddress: addressOf(random, clients) };
      }
    },
  };
}

/** The address of one of so many clients; private addresses, 16 million of them. */
export function addressOf(random: () => number, clients: number): string {
  const client = Math.floor(random() * clients);
  return `10.${client >>> 16 & 255}.${client >>> 8 & 255}.${client & 255}`;
}
