/**
 * `roundabout healthcheck`: whether the program on this machine should be sent requests, for Docker's
 * HEALTHCHECK.
 *
 * It asks the admin port for `/readyz`. Where that is off it asks with `OPTIONS` and `Max-Forwards: 0`
 * for whatever is the last recipient (RFC 9110, 7.6.2), which the balancer answers itself: no backend
 * hears of it, and what is proved is that requests are served.
 */
import type { Addresses } from "../config/load.ts";

/** In milliseconds; Docker's own timeout should be longer. */
const TIMEOUT_MS = 2_000;

/** @returns undefined where all is well, otherwise what is wrong */
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
