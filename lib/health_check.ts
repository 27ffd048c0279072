/**
 * `roundabout healthcheck`: whether the program on this machine serves, for Docker's HEALTHCHECK.
 *
 * It asks with `OPTIONS` and `Max-Forwards: 0`, which the balancer answers itself as the last
 * recipient (RFC 9110, 7.6.2): no backend hears of it, and what is proved is that requests are served.
 */

/** In milliseconds; Docker's own timeout should be longer. */
const TIMEOUT = 2_000;

/** @returns undefined where it serves, otherwise what is wrong */
export async function healthProblem(host: string, port: number): Promise<string | undefined> {
  const hostname = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  const url = `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}/`;
  try {
    const response = await fetch(url, {
      method: "OPTIONS",
      headers: { "max-forwards": "0" },
      signal: AbortSignal.timeout(TIMEOUT),
    });
    await response.body?.cancel();
    return response.status < 500 ? undefined : `it answered ${response.status}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return String(cause);
  }
}
