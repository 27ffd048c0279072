/** What a client's connection goes through, and how long for, where no setting says so. */

/** What a connection is about, and so what it means when its deadline passes. */
export type Phase =
  /** Between requests. */
  | "idle"
  /** A head has begun. */
  | "head"
  /** A body is under way. */
  | "body"
  /** The client may be waiting for 100 (Continue). */
  | "expect"
  /** A backend has the request. */
  | "waiting"
  /** The client has closed its side, and may have left. */
  | "half-closed"
  /** A response is under way; what is sent has deadlines of its own. */
  | "responding"
  | "tunnel"
  /** The last response is out; what still comes is thrown away. */
  | "lingering";

/** After so long a wait for the backend it is watched whether the client leaves, in milliseconds. */
export const WATCH_AFTER_MS = 50;

/** How long the backend may answer for `Expect: 100-continue` before we do, in milliseconds. */
export const CONTINUE_AFTER_MS = 1_000;

/** When a client that closed its side is asked whether it is still there, and again, in milliseconds. */
export const ASK_AFTER_MS = 300, ASK_AGAIN_AFTER_MS = 2_000;

/** How long what still comes is thrown away after the last response, in milliseconds. */
export const LINGER_MS = 2_000;
