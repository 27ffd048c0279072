/**
 * `roundabout healthcheck`: whether the balancer on this machine is alive, for Docker's HEALTHCHECK, or
 * with `--ready` whether it should get requests.
 *
 * It requests `/livez` or `/readyz` of the admin port: a balancer whose backends are all down is alive, and
 * restarting it would not bring them back. If the admin port is off, it sends `OPTIONS` with
 * `Max-Forwards: 0`, which the balancer answers itself as the last recipient (RFC 9110, 7.6.2): this proves
 * that it serves requests without sending one to a backend.
 */
import { ConfigError } from "../config/load.ts";
import { addressOf, type AdminPlace, fetchFrom, whyUnreachable } from "./admin_place.ts";
import type { AdminRequestInit } from "./secure_fetch.ts";

/** Docker's own timeout should be longer. */
const TIMEOUT_MS = 2_000;

/** Where a balancer is asked how it is. */
export interface HealthPlace {
  /** As of {@linkcode AdminPlace}. */
  readonly origin: string;
  /** Whether it is the admin port, and not where requests come in. */
  readonly isAdmin: boolean;
}

/**
 * @param ready asks whether it should get requests
 * @returns what is wrong; undefined if it is well
 * @throws {ConfigError} if readiness is asked for while the admin port, which knows it, is off
 */
export async function healthProblem(
  { origin, isAdmin }: HealthPlace,
  ready = false,
): Promise<string | undefined> {
  if (isAdmin) {
    const path = ready ? "/readyz" : "/livez";
    return await problemAt(origin, path, {}, (status) => status === 200);
  }
  if (ready) {
    const problem = "the admin port must be on for --ready: it is off";
    throw new ConfigError([problem], "check readiness");
  }
  const init = { method: "OPTIONS", headers: { "max-forwards": "0" } };
  return await problemAt(origin, "/", init, (status) => status < 500);
}

async function problemAt(
  origin: string,
  path: string,
  init: Omit<AdminRequestInit, "signal">,
  isGood: (status: number) => boolean,
): Promise<string | undefined> {
  // Nothing secret is sent, and a certificate that has expired is no reason for a restart.
  const place: AdminPlace = {
    origin,
    trust: origin.startsWith("https:") ? "anybody" : undefined,
  };
  const address = addressOf(place);
  const late = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetchFrom(place, path, { ...init, signal: late });
    const text = (await response.text()).trim();
    return isGood(response.status) ? undefined : `${address} answered ${response.status}: ${text}`;
  } catch (error) {
    if (late.aborted) return `${address} did not answer within ${TIMEOUT_MS / 1000} s`;
    const { isNothing, detail } = whyUnreachable(error, place);
    return isNothing ? `nothing answers on ${address}` : `${address}: ${detail}`;
  }
}
