/** Failed attempts in a row, as the store keeps them for a restart, and for balancers that share it. */
import { MIN_RETRY_MS, pauseAfterFailure } from "./schedule.ts";

/** Times are in milliseconds since 1970. */
export interface FailureRecord {
  /** How many in a row, from 1. */
  readonly failures: number;
  readonly failedAt: number;
  /** When the next attempt is made. */
  readonly retryAt: number;
  /** Until when the authority wants no attempt; `failedAt` if it did not say. */
  readonly allowedAt: number;
  /** What failed. */
  readonly reason: string;
}

/** No pause is longer, so one that seems to be comes from a clock that was wrong. */
const MAX_PAUSE_MS = 9 * 86_400_000;

export interface FailureFacts {
  readonly now: number;
  /** 0 up to 1. */
  readonly random: number;
  /** What the authority asked for. */
  readonly retryAfterMs: number | undefined;
  /** The longest pause, unless the authority asks for more; by default a day. */
  readonly longestMs?: number | undefined;
  /** When this process began. */
  readonly startedAt: number;
  readonly reason: string;
}

/** Adds a failure. A restart begins to count anew: it is often what an operator does after a repair. */
export function addFailure(
  before: FailureRecord | undefined,
  { now, random, retryAfterMs, longestMs, startedAt, reason }: FailureFacts,
): FailureRecord {
  const failures = before !== undefined && before.failedAt >= startedAt ? before.failures + 1 : 1;
  const pauseMs = pauseAfterFailure(failures, random, retryAfterMs, longestMs);
  return {
    failures,
    failedAt: now,
    retryAt: now + pauseMs,
    allowedAt: now + (retryAfterMs ?? 0),
    reason,
  };
}

/**
 * When the next attempt may be made. Of failures before this process began, what the authority asked for still
 * holds, and a minute: a balancer that is started again and again must not use up its limits.
 *
 * @returns in milliseconds since 1970
 */
export function nextAttempt(record: FailureRecord, startedAt: number): number {
  const { retryAt, failedAt, allowedAt } = record;
  if (failedAt >= startedAt) return retryAt;
  return Math.max(allowedAt, Math.min(retryAt, failedAt + MIN_RETRY_MS));
}

/** @returns how long to wait for the next attempt, in milliseconds; 0 if it is time */
export function pauseBeforeAttempt(
  record: FailureRecord | undefined,
  now: number,
  startedAt: number,
): number {
  if (record === undefined) return 0;
  const pauseMs = nextAttempt(record, startedAt) - now;
  return pauseMs > 0 && pauseMs <= MAX_PAUSE_MS ? pauseMs : 0;
}

/** Of what this process remembers and what the store has, the one that happened last. */
export function latest(
  own: FailureRecord | undefined,
  stored: FailureRecord | undefined,
): FailureRecord | undefined {
  if (own === undefined || stored === undefined) return own ?? stored;
  return own.failedAt >= stored.failedAt ? own : stored;
}
