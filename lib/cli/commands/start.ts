/** `roundabout start`: balances requests over the backends of `USERS_SERVICE`. */
import { ENV_FILE, type Loaded } from "../../config/load.ts";
import type { Configuration } from "../../config/model.ts";
import { titleOf } from "../../config/values/listed_backend.ts";
import { complain, log, setLogLevel } from "../../logging/log.ts";
import { formatListener } from "../../net/host_port.ts";
import { type Listening, startBalancer } from "../../runtime/control_plane.ts";
import { AdminError } from "../admin_error.ts";
import type { Flags } from "../command.ts";
import { runUntilSignal } from "../run.ts";
import type { Predecessor } from "../../runtime/predecessor.ts";
import type {
  ConfigurationSource,
  LoadedConfiguration,
} from "../../runtime/configuration_source.ts";
import { loadSettings } from "../settings.ts";
import type { Signals } from "../signals.ts";

export const HELP = `roundabout start: balance requests over backends

Usage: roundabout [start] [--config FILE] [--takeover [flags]]

  USERS_SERVICE='http://localhost:3001;http://localhost:3002' roundabout start
  roundabout start --config roundabout.jsonc
  roundabout start --config roundabout.jsonc --takeover

  --config FILE      the configuration file, with pools and routes (CONFIG)
  --takeover         take the place of the running instance, without losing a request: listen beside it,
                     take over drains and weights set by hand, then stop it. If none runs, start (Linux)
  --admin URL        the admin port of that instance, instead of the one that the settings name
  --admin-ca FILE    the authority of its certificate, if it has one that is not publicly trusted
  --token-file FILE  a file with its token; otherwise ADMIN_TOKEN or the settings have it

USERS_SERVICE lists the backends of the only pool if there is no file. Settings are variables of the
environment or of .env in the working directory, or stand in the file; roundabout check checks and
prints them, docs/configuration.md explains them.

SIGHUP reloads the configuration: from a file, or from .env. So does a change of the file, unless watch
is off, and roundabout reload. Ctrl-C, SIGTERM and SIGQUIT let what is in flight finish, for
DRAIN_TIMEOUT, and stop it, and so does SIGHUP if it was started at a terminal. A further one stops it at
once, from a second after the first.
`;

export async function run(flags: Flags, signals?: Signals): Promise<number> {
  try {
    return await serve(flags, signals);
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    complain(`Cannot take over as ${error.message}`);
    return error.exitStatus;
  }
}

function serve(flags: Flags, signals?: Signals): Promise<number> {
  const { config } = flags;
  return runUntilSignal(async (isDraining) => {
    const readAt = Date.now();
    const loaded = await loadTested(config);
    const { configuration, file } = loaded;
    setLogLevel(configuration.log.level);
    const source: ConfigurationSource = {
      load: (current) => loadAgain(config, current),
      file: file && fullPath(file.name),
      first: { files: watchedOf(loaded), readAt },
    };
    const predecessor = await findPredecessor(flags, configuration, isDraining);
    const balancer = await startBalancer(configuration, { onListening, source, predecessor });
    return {
      finished: balancer.finished,
      stopAsked: balancer.stopAsked,
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

/** Undefined if none is to be taken over, or none runs: then what asks it is not loaded, or needed. */
async function findPredecessor(
  flags: Flags,
  ...given: [Configuration, () => boolean]
): Promise<Predecessor | undefined> {
  const { takeover, admin, "admin-ca": caFile, "token-file": tokenFile } = flags;
  if (!takeover && (admin ?? caFile ?? tokenFile) === undefined) return undefined;
  return await (await import("../takeover.ts")).findPredecessor(flags, ...given);
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

async function loadAgain(
  config: string | undefined,
  current: Configuration,
): Promise<LoadedConfiguration> {
  const warnings: string[] = [];
  const warn = (more: readonly string[]) => void warnings.push(...more);
  const loaded = await loadTested(config, { current, warn });
  return { configuration: loaded.configuration, warnings, files: watchedOf(loaded) };
}

/** The files whose changes count. Without a configuration file `.env` is read at the start, and by SIGHUP. */
function watchedOf({ file, files }: Loaded): readonly string[] {
  return file === undefined ? files.filter((name) => name !== ENV_FILE) : files;
}

/** For whoever asks from elsewhere. */
function fullPath(path: string): string {
  return path.startsWith("/") ? path : `${Deno.cwd()}/${path.replace(/^(?:\.\/)+/, "")}`;
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
  return formatListener({ hostname, port });
}
