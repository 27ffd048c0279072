/** What an attempt at a simulated backend comes to, and when: its reply, or the timeout before it. */
import { isOneOf, type Statuses } from "../../http/status_ranges.ts";
import { EXPIRED, NO_FIRST_BYTE } from "../../engines/shared/failures.ts";
import { type Answered, type Failed, failed, type Outcome } from "../../outcome.ts";
import type { Reply, ReplyKind } from "./simulated_backend.ts";

/** In milliseconds. */
export interface Timeouts {
  readonly connect: number;
  readonly firstByte: number;
}

/** What came of an attempt. */
export interface AttemptResult {
  readonly at: number;
  readonly outcome: Outcome<undefined>;
}

const OK: Answered<undefined> = { kind: "answered", status: 200, response: undefined };
const NO_CONNECTION = failed("connection_timeout", "no connection within CONNECT_TIMEOUT");
const EXPIRED_BEFORE_CONNECTED: Failed = { ...EXPIRED, neverLeft: true };

/** What each fate comes to; those that are never heard of end by a timeout. */
const OUTCOMES: Record<ReplyKind, Outcome<undefined>> = {
  "answers": OK,
  "errors": { ...OK, status: 500 },
  "refuses": failed("connection_refused", "it refuses connections"),
  "breaks off": failed("connection_terminated", "it closed the connection without an answer"),
  "hangs": NO_FIRST_BYTE,
  "swallows": NO_CONNECTION,
};

/**
 * @param begunAt when it began, in milliseconds
 * @param expiresAt when REQUEST_TIMEOUT is over for its request
 */
export function simulateAttempt(
  reply: Reply,
  begunAt: number,
  expiresAt: number,
  timeouts: Timeouts,
): AttemptResult {
  const unconnected = reply.kind === "swallows";
  const lateAt = begunAt + (unconnected ? timeouts.connect : timeouts.firstByte);
  if (reply.at <= lateAt && reply.at <= expiresAt) {
    return { at: reply.at, outcome: OUTCOMES[reply.kind] };
  }
  if (expiresAt <= lateAt) {
    return { at: expiresAt, outcome: unconnected ? EXPIRED_BEFORE_CONNECTED : EXPIRED };
  }
  return { at: lateAt, outcome: unconnected ? NO_CONNECTION : NO_FIRST_BYTE };
}

/** What came of a probe. */
export interface Probing {
  readonly at: number;
  readonly good: boolean;
  readonly reason: string;
}

/**
 * @param timeout HEALTH_TIMEOUT, in milliseconds
 * @param good HEALTH_STATUS
 */
export function simulateProbe(
  reply: Reply,
  begunAt: number,
  timeout: number,
  good: Statuses,
): Probing {
  const lateAt = begunAt + timeout;
  if (reply.at > lateAt) {
    return { at: lateAt, good: false, reason: `no answer within ${timeout} ms` };
  }
  const outcome = OUTCOMES[reply.kind];
  return outcome.kind === "answered"
    ? { at: reply.at, good: isOneOf(good, outcome.status), reason: `answered ${outcome.status}` }
    : { at: reply.at, good: false, reason: outcome.failure };
}
