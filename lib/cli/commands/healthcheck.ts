/** `roundabout healthcheck`: tells whether the balancer on this machine is alive or ready. */
import { loadAddresses, readVariables } from "../../config/load.ts";
import { log } from "../../logging/log.ts";
import { ignoreProxyVariables } from "../../net/proxy_variables.ts";
import type { Flags } from "../command.ts";
import { healthProblem } from "../healthcheck.ts";

export const HELP = `roundabout healthcheck: ask the balancer on this machine how it is

Usage: roundabout healthcheck [--ready] [--config FILE]

  --ready        ask whether it should get requests (/readyz) instead of whether it is alive (/livez)
  --config FILE  the configuration file that it was started with (CONFIG)

Exit status 0 if so, otherwise 1. It asks the admin port, which ADMIN_HOST and ADMIN_PORT or the file name. If
that is off it asks where requests come in whether a balancer or a demo backend responds.

A balancer without a usable backend is alive and not ready: restarting it would not help. So whatever
restarts it should ask without --ready, and whatever waits for it or sends requests to it with --ready.
`;

export async function run({ ready, config }: Flags): Promise<number> {
  const addresses = await loadAddresses(readVariables(), config);
  ignoreProxyVariables();
  const problem = await healthProblem(addresses, ready);
  if (problem === undefined) return 0;
  log("error", `${ready ? "not ready" : "not healthy"}: ${problem}`);
  return 1;
}
