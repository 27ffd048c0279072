/**
 * The phases of a client's connection: how long each may last, and what happens when its time is up.
 *
 * A connection is in one phase at a time and has one deadline. This table is the whole of the rule.
 */
import type { Failed } from "../../../outcome.ts";
import type { Timeouts } from "../../../routing/route.ts";
import type { Limits } from "../../engine.ts";
import {
  CLIENT_GONE,
  CLIENT_STALLED,
  TUNNEL_HALF_CLOSED,
  TUNNEL_IDLE,
} from "../../shared/failures.ts";

export type Phase =
  /** Between requests. */
  | "idle"
  /** A head is being received. */
  | "head"
  /** The body of the request is being received. */
  | "body"
  /** The same, after the response has begun. */
  | "late body"
  /** The client may be waiting for 100 (Continue) before it sends the body (RFC 9110, 10.1.1). */
  | "expect"
  /** The response of the backend is awaited. */
  | "waiting"
  /** The same, after the client has closed its sending side: it may have left. */
  | "half-closed"
  /** The same, after the client was sent a 102 to find out. */
  | "asked"
  /** The response is being sent. Each write has a deadline of its own. */
  | "responding"
  /**
   * The client has closed its sending side and cannot be asked, as the response has begun, or as it speaks
   * HTTP/1.0. It may have left.
   */
  | "half-closed, not asked"
  /** Bytes pass through an upgraded connection. */
  | "tunnel"
  /** The same, after one side has closed its sending side: the other one may never do so. */
  | "half-closed tunnel"
  /** The last response has been sent. What the client still sends is discarded. */
  | "lingering";

/** What happens when the deadline of a phase passes. */
export type Expiry =
  /** The exchange fails for this reason, and the connection is closed. */
  | { readonly kind: "abort"; readonly reason: Failed }
  /** The client is answered 408 with this reason, and the connection is closed. */
  | { readonly kind: "time out"; readonly reason: string }
  /** The client is sent 100 (Continue): the backend has not done so. */
  | { readonly kind: "continue" }
  /** The connection is read ahead, to notice if the client closes it. */
  | { readonly kind: "watch" }
  /** The client is sent 102 (Processing): if it has left, that is answered with a reset. */
  | { readonly kind: "ask" }
  /** The client has left, unless it was sent something since the phase began. */
  | { readonly kind: "give up" };

/** What routes and pools say of phases, in milliseconds. */
export type RouteTimeouts = Pick<Timeouts, "idle" | "tunnelIdle" | "halfClosed">;

interface PhaseRule {
  /** How long the phase may last, in milliseconds; Infinity sets no limit. */
  readonly timeout: (limits: Limits, timeouts: RouteTimeouts) => number;
  readonly expiry: Expiry;
}

/** How long the backend may answer `Expect: 100-continue` before this proxy does, in milliseconds. */
const CONTINUE_AFTER_MS = 1_000;

/** How long the backend may take before the client is watched, in milliseconds: most answer sooner. */
const WATCH_AFTER_MS = 50;

/** How long a response may last before the client is watched, in milliseconds: most take less. */
const WATCH_RESPONSE_AFTER_MS = 1_000;

/**
 * How long a client that has closed its sending side and cannot be asked is waited for while nothing is sent
 * to it, in milliseconds. Most such clients have left, but it is legal to go on reading (RFC 9112, 9.6):
 * simple clients end their request that way, and their response may need a moment. nginx gives them none,
 * HAProxy by default all of the timeout.
 */
const HALF_CLOSED_QUIET_MS = 5_000;

/** When a client that has closed its side is asked whether it is still there, in milliseconds. */
const ASK_AFTER_MS = 300;
const ASK_AGAIN_AFTER_MS = 2_000;

/** How long what the client still sends is discarded after the last response, in milliseconds. */
const LINGER_MS = 2_000;

const CLOSE: Expiry = { kind: "abort", reason: CLIENT_GONE };

export const PHASES: Readonly<Record<Phase, PhaseRule>> = {
  idle: { timeout: (limits) => limits.keepAliveTimeout, expiry: CLOSE },
  head: {
    timeout: (limits) => limits.headerTimeout,
    expiry: { kind: "time out", reason: "the head did not arrive in time" },
  },
  body: {
    timeout: (_, { idle }) => idle,
    expiry: { kind: "time out", reason: "the body stalled" },
  },
  "late body": {
    timeout: (_, { idle }) => idle,
    expiry: { kind: "abort", reason: CLIENT_STALLED },
  },
  expect: { timeout: () => CONTINUE_AFTER_MS, expiry: { kind: "continue" } },
  waiting: { timeout: () => WATCH_AFTER_MS, expiry: { kind: "watch" } },
  "half-closed": { timeout: () => ASK_AFTER_MS, expiry: { kind: "ask" } },
  asked: { timeout: () => ASK_AGAIN_AFTER_MS, expiry: { kind: "ask" } },
  responding: { timeout: () => WATCH_RESPONSE_AFTER_MS, expiry: { kind: "watch" } },
  "half-closed, not asked": { timeout: () => HALF_CLOSED_QUIET_MS, expiry: { kind: "give up" } },
  tunnel: {
    timeout: (_, { tunnelIdle }) => tunnelIdle,
    expiry: { kind: "abort", reason: TUNNEL_IDLE },
  },
  "half-closed tunnel": {
    timeout: (_, { halfClosed, tunnelIdle }) => Math.min(halfClosed, tunnelIdle),
    expiry: { kind: "abort", reason: TUNNEL_HALF_CLOSED },
  },
  lingering: { timeout: () => LINGER_MS, expiry: CLOSE },
};

/** The timeouts of all phases, in milliseconds, for one destination. */
export type PhaseTimeouts = Readonly<Record<Phase, number>>;

export function phaseTimeouts(limits: Limits, timeouts: RouteTimeouts): PhaseTimeouts {
  const entries = Object.entries(PHASES)
    .map(([phase, { timeout }]) => [phase, timeout(limits, timeouts)]);
  return Object.fromEntries(entries) as PhaseTimeouts;
}
