/** What only this engine says of attempts that it ends, and how it tells the network's errors from its own. */
import { type Failed, failed } from "../../outcome.ts";
import { Malformed } from "./http1/malformed.ts";

export const TUNNEL_IDLE: Failed = failed(
  "http_response_timeout",
  "nothing passed through the tunnel",
);
export const CUT_OFF: Failed = failed("http_request_error", "the stop did not wait any longer");
export const CLOSED_EARLY: Failed = failed(
  "connection_terminated",
  "the backend closed the connection before its answer was complete",
);

/** An outcome for an error that this program made itself. */
export function internalError(error: unknown): Failed {
  return failed("proxy_internal_error", String(error));
}

/**
 * Whether an error says that a peer broke the connection or the protocol, or that it was closed from
 * this side. Any other is a fault of this program, and must not pass for one of these.
 */
export function isBreak(error: unknown): boolean {
  const { errors } = Deno;
  return error instanceof Malformed || error instanceof errors.ConnectionReset ||
    error instanceof errors.BrokenPipe || error instanceof errors.Interrupted ||
    error instanceof errors.BadResource || error instanceof errors.ConnectionAborted ||
    error instanceof errors.TimedOut || error instanceof errors.NotConnected ||
    error instanceof errors.UnexpectedEof || error instanceof errors.InvalidData ||
    error instanceof Error && /os error|tls|certificate/i.test(error.message);
}
