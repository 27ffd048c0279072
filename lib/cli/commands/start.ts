/** `roundabout start`: balances requests over the backends of `USERS_SERVICE`. */
import type { Loaded } from "../../config/load.ts";
import type { Configuration } from "../../config/model.ts";
import { titleOf } from "../../config/values/listed_backend.ts";
import { log, setLogLevel } from "../../logging/log.ts";
import { formatHostPort } from "../../net/host_port.ts";
import { type Listening, startBalancer } from "../../runtime/control_plane.ts";
import type { Flags } from "../command.ts";
import { runUntilSignal } from "../run.ts";
import type { LoadedConfiguration } from "../../runtime/configuration_source.ts";
import { loadSettings } from "../settings.ts";
import type { Signals } from "../signals.ts";

export const HELP = `roundabout start: balance requests over backends

Usage: roundabout [start] [--config FILE]

  USERS_SERVICE='http://localhost:3001;http://localhost:3002' roundabout start
  roundabout start --config roundabout.jsonc

  --config FILE  the configuration file, with pools and routes (CONFIG)

USERS_SERVICE lists the backends of the only pool if there is no file. Settings are variables of the
environment or of .env in the working directory, or stand in the file; roundabout check checks and
prints them, docs/configuration.md explains them.

SIGHUP reloads the configuration: from a file, or from .env. So does a change of the file, unless watch
is off, and roundabout reload. Ctrl-C, SIGTERM and SIGQUIT let what is in flight finish, for
DRAIN_TIMEOUT, and stop it, and so does SIGHUP if it was started at a terminal. A further one stops it at
once, from a second after the first.
`;

export function run({ config }: Flags, signals?: Signals): Promise<number> {
  return runUntilSignal(async (isDraining) => {
    const readAt = Date.now();
    const { configuration, file, files } = await loadTested(config);
    setLogLevel(configuration.log.level);
    const source = { load: () => loadAgain(config), file: file?.name, first: { files, readAt } };
    const balancer = await startBalancer(configuration, { onListening, source });
    return {
      finished: balancer.finished,
      reload: () => void balancer.reload("SIGHUP"),
      stop: () => balancer.stop(),
    };

    function onListening({ addresses, adminAddress, workers }: Listening): void {
      if (isDraining()) return;
      const pools = describePools(configuration);
      const admin = adminAddress === undefined ? "off" : `on ${formatAddress(adminAddress)}`;
      log(
        "info",
        `listening on ${
          addresses.map(formatAddress).join(" and ")
        }, admin ${admin}, workers: ${workers}, ` +
          `${configuration.engine} engine, ${pools}`,
      );
    }
  }, signals);
}

/** Loads the configuration, and runs the tests of its file. @throws {ConfigError} with every problem */
async function loadTested(...given: Parameters<typeof loadSettings>): Promise<Loaded> {
  const loaded = await loadSettings(...given);
  // Most files have none, and what runs them would hold memory for as long as the program runs.
  if (loaded.configuration.tests.length > 0) {
    await (await import("../checked_settings.ts")).checkTests(loaded);
  }
  return loaded;
}

async function loadAgain(config: string | undefined): Promise<LoadedConfiguration> {
  const warnings: string[] = [];
  const { configuration, files } = await loadTested(config, (more) => warnings.push(...more));
  return { configuration, warnings, files };
}

/** With more, the line would be too long to be read. */
const MAX_DESCRIBED_POOLS = 5;

/** A balancer with one pool need not name it; of many it says only how many. */
function describePools({ pools }: Configuration): string {
  const all = Object.entries(pools);
  if (all.length > MAX_DESCRIBED_POOLS) {
    const backends = all.reduce((count, [, { backends }]) => count + backends.length, 0);
    return `${all.length} pools with ${backends} backends`;
  }
  return all.map(([name, { policy, backends }]) => {
    const titles = backends.map(titleOf).join(", ");
    return `${all.length > 1 ? `${name}: ` : ""}${policy.name} over ${titles}`;
  }).join("; ");
}

function formatAddress({ hostname, port }: Deno.NetAddr): string {
  return formatHostPort(hostname, port);
}
