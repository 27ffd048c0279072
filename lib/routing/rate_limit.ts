/**
 * Rate limits: a token bucket, kept as one time (GCRA, ITU-T I.371; RFC 2697 has the same idea). That time is
 * when the bucket will be full again: each request moves it on by what one token takes to come.
 */
import type { RouteConfig } from "../config/model.ts";
import { hashText } from "../backends/hash.ts";
import type { RateTable } from "../shared_memory/rate_table.ts";
import { networkOf } from "./client_network.ts";

type RateLimitConfig = NonNullable<RouteConfig["rateLimit"]>;

export interface RateLimiter {
  /**
   * Takes a token.
   *
   * @param key of the client, such as its address
   * @param now in milliseconds, on a clock that all workers share
   * @returns 0 if there was one, otherwise how long until there is, in milliseconds
   */
  readonly take: (key: string, now: number) => number;
  /** Gives one back that was taken. */
  readonly giveBack: (key: string, now: number) => void;
}

const SECOND_MS = 1000;

/**
 * @param route its name: routes do not share their buckets
 * @param seed makes hashes that clients cannot foresee, the same for all workers
 */
export function createRateLimiter(
  { rate, burst }: Pick<RateLimitConfig, "rate" | "burst">,
  route: string,
  table: RateTable,
  seed: number,
): RateLimiter {
  const tokenMs = rate.perMs / rate.requests;
  const size = burst ?? Math.max(1, Math.floor(SECOND_MS / tokenMs));
  const slackMs = (size - 1) * tokenMs;
  const own = hashText(route, seed);

  function change(key: string, now: number, next: (fullAt: number) => number): void {
    const hash = [hashText(key, own), hashText(key, own ^ 0x5bd1e995)] as const;
    table.change(hash, now, next);
  }

  return {
    take(key, now) {
      let waitMs = 0;
      change(key, now, (fullAt) => {
        const [next, wait] = takeToken(fullAt, now, tokenMs, slackMs);
        waitMs = wait;
        return next;
      });
      return waitMs;
    },
    giveBack: (key, now) => change(key, now, (fullAt) => fullAt - tokenMs),
  };
}

/**
 * Takes a token from one bucket.
 *
 * @param fullAt when it will be full
 * @param slackMs how long the tokens of a full bucket but one take to come
 * @returns when it will be full now, and how long to wait if there was no token
 */
export function takeToken(
  fullAt: number,
  now: number,
  tokenMs: number,
  slackMs: number,
): [fullAt: number, waitMs: number] {
  const waitMs = fullAt - slackMs - now;
  return waitMs > 0 ? [fullAt, waitMs] : [Math.max(fullAt, now) + tokenMs, 0];
}

/** The key of a request: its client's address, or the value of a header. */
export function limitKeyOf(
  by: RateLimitConfig["by"],
  client: string,
  header: (name: string) => string | undefined,
): string {
  return by.by === "address" ? networkOf(client) : header(by.name) ?? "";
}
