/** What an error of accept() means: one table. */
import { describeError } from "./connect_error.ts";
import { NOTHING_TO_ACCEPT_WITH } from "./lack.ts";

/**
 * - `lack`: no descriptor or no memory is left, until connections are closed.
 * - `client gone`: it is about the one connection that was to be accepted. Such errors come as fast as
 *   clients connect and reset.
 * - `unknown`: it may come back at once, for ever.
 */
export type AcceptError = "lack" | "client gone" | "unknown";

/**
 * Errors of a new connection, which accept() reports in its place (accept(2)). NotConnected is Deno's: it
 * asks for the address of a client that has reset already. EPERM is not among them, as a system that
 * forbids to accept says so each time.
 */
const CLIENT_GONE =
  /^(?:NotConnected|Connection(?:Aborted|Reset)|TimedOut|NetworkUnreachable)\b|\bEHOSTUNREACH\b|\bEPROTO\b|\(os error (?:64|71|92|100|112|113)\)/;

export function classifyAcceptError(error: unknown): AcceptError {
  const text = describeError(error);
  if (NOTHING_TO_ACCEPT_WITH.test(text)) return "lack";
  return CLIENT_GONE.test(text) ? "client gone" : "unknown";
}
