/** `roundabout healthcheck`: tells whether the balancer on this machine is alive or ready. */
import { ConfigError, loadAddresses, parseAddresses, readVariables } from "../../config/load.ts";
import { loadAdminAccess } from "../../config/load_admin.ts";
import type { VariableTexts } from "../../config/source/environment.ts";
import { log } from "../../logging/log.ts";
import { ignoreProxyVariables } from "../../net/proxy_variables.ts";
import { originOf } from "../admin_place.ts";
import type { Flags } from "../command.ts";
import { type HealthPlace, healthProblem } from "../healthcheck.ts";

export const HELP = `roundabout healthcheck: ask the balancer on this machine how it is

Usage: roundabout healthcheck [--ready] [--config FILE]

  --ready        ask whether it should get requests (/readyz) instead of whether it is alive (/livez)
  --config FILE  the configuration file that it was started with (CONFIG)

Exit status 0 if so, otherwise 1. It asks the admin port, which ADMIN_HOST and ADMIN_PORT or the file name. If
that is off it asks where requests come in whether a balancer or a demo backend responds. What else is wrong
with the file does not matter, as a running balancer goes on with the one before.

A balancer without a usable backend is alive and not ready: restarting it would not help. So whatever
restarts it should ask without --ready, and whatever waits for it or sends requests to it with --ready.
`;

export async function run({ ready, config }: Flags): Promise<number> {
  const { place, doubt } = await findPlace(readVariables(), config);
  ignoreProxyVariables();
  const problem = await healthProblem(place, ready);
  if (problem === undefined) return 0;
  if (doubt !== undefined) throw doubt;
  log("error", `${ready ? "not ready" : "not healthy"}: ${problem}`);
  return 1;
}

interface Found {
  readonly place: HealthPlace;
  /** Why it may be another one. */
  readonly doubt?: ConfigError;
}

/**
 * Finds where to ask. A file that is missing or half written may be whole in a moment, and the balancer goes
 * on with the one before: then it is asked where variables and defaults say.
 */
async function findPlace(variables: VariableTexts, config: string | undefined): Promise<Found> {
  try {
    const admin = await loadAdminAccess(variables, config, false);
    if (admin !== undefined) return { place: { origin: originOf(admin), isAdmin: true } };
    return { place: { origin: originOf(await loadAddresses(variables, config)), isAdmin: false } };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { host, port, admin } = parseAddresses(variables);
    const place = admin === undefined
      ? { origin: originOf({ host, port }), isAdmin: false }
      : { origin: originOf(admin), isAdmin: true };
    return { place, doubt: error };
  }
}
