/** Distinguishes errors of peers from faults of this program. */
import { Malformed } from "../http1/malformed.ts";

/**
 * Whether an error says that a peer broke the connection or the protocol, or that the connection was
 * closed from this side. Any other error is a fault of this program and must not pass for one of these.
 */
export function isPeerError(error: unknown): boolean {
  const { errors } = Deno;
  return error instanceof Malformed || error instanceof errors.ConnectionReset ||
    error instanceof errors.BrokenPipe || error instanceof errors.Interrupted ||
    error instanceof errors.BadResource || error instanceof errors.ConnectionAborted ||
    error instanceof errors.TimedOut || error instanceof errors.NotConnected ||
    error instanceof errors.UnexpectedEof || error instanceof errors.InvalidData ||
    error instanceof Error && /os error|tls|certificate/i.test(error.message);
}
