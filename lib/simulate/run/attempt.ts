/**
 * The outcome of an attempt at a simulated backend: its reply, or the timeout that comes before it.
 */
import { EXPIRED, NO_FIRST_BYTE } from "../../engines/shared/failures.ts";
import { type Answered, type Failed, failed, type Outcome } from "../../outcome.ts";
import type { Reply, ReplyKind } from "./simulated_backend.ts";

/** In milliseconds. */
export interface Timeouts {
  readonly connect: number;
  readonly firstByte: number;
}

export interface AttemptResult {
  /** When the attempt ends, in milliseconds. */
  readonly at: number;
  readonly outcome: Outcome<undefined>;
}

const OK: Answered<undefined> = { kind: "answered", status: 200, response: undefined };
const NO_CONNECTION = failed("connection_timeout", "no connection within CONNECT_TIMEOUT");
const EXPIRED_BEFORE_CONNECTED: Failed = { ...EXPIRED, neverLeft: true };

/** The outcome of each reply; the silent ones end by a timeout. */
export const OUTCOMES: Record<ReplyKind, Outcome<undefined>> = {
  "answers": OK,
  "errors": { ...OK, status: 500 },
  "refuses": failed("connection_refused", "it refuses connections"),
  "breaks off": failed("connection_terminated", "it closed the connection without an answer"),
  "hangs": NO_FIRST_BYTE,
  "swallows": NO_CONNECTION,
};

/**
 * @param beganAt in milliseconds
 * @param expiresAt when REQUEST_TIMEOUT ends the request, in milliseconds
 */
export function simulateAttempt(
  reply: Reply,
  beganAt: number,
  expiresAt: number,
  timeouts: Timeouts,
): AttemptResult {
  const isConnected = reply.kind !== "swallows";
  const timeoutAt = beganAt + (isConnected ? timeouts.firstByte : timeouts.connect);
  if (reply.at <= timeoutAt && reply.at <= expiresAt) {
    return { at: reply.at, outcome: OUTCOMES[reply.kind] };
  }
  if (expiresAt <= timeoutAt) {
    return { at: expiresAt, outcome: isConnected ? EXPIRED : EXPIRED_BEFORE_CONNECTED };
  }
  return { at: timeoutAt, outcome: isConnected ? NO_FIRST_BYTE : NO_CONNECTION };
}
