/** `roundabout start`: balances requests over the backends of `USERS_SERVICE`. */
import { log } from "../../logging/log.ts";
import { formatHostPort } from "../../net/host_port.ts";
import { type Listening, startBalancer } from "../../runtime/control_plane.ts";
import type { Flags } from "../command.ts";
import { runUntilSignal } from "../run.ts";
import { loadSettings } from "../settings.ts";
import type { Signals } from "../signals.ts";

export const HELP = `roundabout start: balance requests over backends

Usage: roundabout [start]

  USERS_SERVICE='http://localhost:3001;http://localhost:3002' roundabout start

USERS_SERVICE lists the backends. All settings are variables of the environment or of .env in the
working directory; roundabout check prints them, docs/configuration.md explains them.

Ctrl-C, SIGTERM, SIGQUIT and SIGHUP let what is in flight finish, for DRAIN_TIMEOUT, and stop it. A
further one stops it at once, from a second after the first.
`;

export function run(_flags: Flags, signals?: Signals): Promise<number> {
  return runUntilSignal(async (isDraining) => {
    const { config } = loadSettings();
    const balancer = await startBalancer(config, { onListening });
    return { ...balancer, stop: () => balancer.stop(config.DRAIN_TIMEOUT) };

    function onListening({ address, adminAddress, workers }: Listening): void {
      if (isDraining()) return;
      const backends = config.USERS_SERVICE.map(({ url }) => url).join(", ");
      const admin = adminAddress === undefined ? "off" : `on ${formatAddress(adminAddress)}`;
      log(
        "info",
        `listening on ${formatAddress(address)}, admin ${admin}, workers: ${workers}, ` +
          `${config.ENGINE} engine, ${config.POLICY} over ${backends}`,
      );
    }
  }, signals);
}

function formatAddress({ hostname, port }: Deno.NetAddr): string {
  return formatHostPort(hostname, port);
}
