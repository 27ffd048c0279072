/**
 * `roundabout healthcheck`: whether the balancer on this machine is ready for requests, for Docker's
 * HEALTHCHECK.
 *
 * It requests `/readyz` of the admin port. If that is off, it sends `OPTIONS` with `Max-Forwards: 0`, which
 * the balancer answers itself as the last recipient (RFC 9110, 7.6.2): this proves that it serves requests
 * without sending one to a backend.
 */
import type { Addresses } from "../config/load.ts";

/** Docker's own timeout should be longer. */
const TIMEOUT_MS = 2_000;

/** @returns what is wrong; undefined if the balancer is ready */
export async function healthProblem(
  { HOST, PORT, ADMIN_HOST, ADMIN_PORT }: Addresses,
): Promise<string | undefined> {
  return ADMIN_PORT === undefined
    ? await problemAt(HOST, PORT, "/", { method: "OPTIONS", headers: { "max-forwards": "0" } })
    : await problemAt(ADMIN_HOST, ADMIN_PORT, "/readyz", {});
}

async function problemAt(
  host: string,
  port: number,
  path: string,
  init: RequestInit,
): Promise<string | undefined> {
  const hostname = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  const url = `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}${path}`;
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = (await response.text()).trim();
    return response.status < 500 ? undefined : `it answered ${response.status}: ${text}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return String(cause);
  }
}
