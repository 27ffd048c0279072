/** When what is done: renewals, tries after a failure, and questions about what is under way. */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A certificate is renewed when this share of its life is over, as Let's Encrypt recommends. */
const RENEWAL_SHARE = 2 / 3;

/** It is renewed earlier by up to this share of its life: several balancers do not come in step. */
const RENEWAL_JITTER = 1 / 50;

/** After the first failure, and after many. */
export const MIN_RETRY_MS = MINUTE_MS;
const MAX_RETRY_MS = DAY_MS;

/** Pauses after a failure are shorter by up to this share. */
const RETRY_JITTER = 0.2;

/** A longer Retry-After is taken for a mistake: limits of authorities last a week at most. */
const MAX_RETRY_AFTER_MS = 8 * DAY_MS;

/** Between questions about what is under way, if the authority does not say how long to wait. */
const FIRST_POLL_MS = 500;
const LAST_POLL_MS = 10 * SECOND_MS;
const POLL_FACTOR = 1.6;

/** The longest that one question waits, whatever the authority says: the whole is limited, too. */
const MAX_POLL_MS = 2 * MINUTE_MS;

/** Beginning and end, in milliseconds since 1970. */
export interface Life {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** @param random 0 up to 1 @returns in milliseconds since 1970 */
export function renewalTime({ notBefore, notAfter }: Life, random: number): number {
  return notBefore + (notAfter - notBefore) * (RENEWAL_SHARE - RENEWAL_JITTER * random);
}

/**
 * How long to wait after a failure: a minute, doubled each time up to a day, and never less than the authority
 * asks for.
 *
 * @param failures in a row, from 1
 * @param random 0 up to 1
 * @param longestMs in place of a day
 * @returns in milliseconds
 */
export function pauseAfterFailure(
  failures: number,
  random: number,
  retryAfterMs = 0,
  longestMs = MAX_RETRY_MS,
): number {
  const growing = Math.min(MIN_RETRY_MS * 2 ** Math.min(failures - 1, 20), longestMs);
  const jittered = Math.max(MIN_RETRY_MS, growing * (1 - RETRY_JITTER * random));
  return Math.max(jittered, retryAfterMs);
}

/** @param polls so far, from 0 @returns in milliseconds */
export function pauseBeforePoll(polls: number, retryAfterMs: number | undefined): number {
  if (retryAfterMs !== undefined) {
    return Math.min(Math.max(retryAfterMs, FIRST_POLL_MS), MAX_POLL_MS);
  }
  return Math.min(FIRST_POLL_MS * POLL_FACTOR ** Math.min(polls, 20), LAST_POLL_MS);
}

/**
 * Reads Retry-After: seconds, or a date (RFC 9110, 10.2.3).
 *
 * @param now in milliseconds since 1970
 * @returns in milliseconds, 8 days at most; undefined if it says nothing that can be read
 */
export function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const isNumber = /^\s*\d+\s*$/.test(value);
  const milliseconds = isNumber ? Number(value) * SECOND_MS : Date.parse(value) - now;
  if (Number.isNaN(milliseconds)) return undefined;
  return Math.min(Math.max(0, milliseconds), MAX_RETRY_AFTER_MS);
}
