import { DEFAULTS } from "../../../../lib/config/source/variable_defaults.ts";
import { VERSION } from "../../../../lib/cli/version.ts";
import { pinned } from "../../cores.ts";
import { spawnBalancer } from "../../processes.ts";
import { HEALTH_INTERVAL_S, type Proxy, whenReady } from "../proxy.ts";
import { HEALTH_PATH } from "../workloads.ts";
import { MAX_CONNECTIONS, MAX_IDLE_S } from "./limits.ts";

export const tcp = roundabout("tcp");
export const web = roundabout("web");

/** This balancer, as users run it. */
function roundabout(engine: "tcp" | "web"): Proxy {
  const name = `Roundabout ${engine}`;
  return {
    key: engine,
    name,
    withoutTls: "no TLS yet",
    ...("WORKERS" in DEFAULTS ? {} : { withoutWorkers: "no WORKERS yet" }),
    version: () => Promise.resolve(VERSION),
    async start(site) {
      const process = spawnBalancer(site.port, site.backendPorts, {
        ENGINE: engine,
        WORKERS: String(site.workers),
        ADMIN_PORT: "off",
        HEALTH_PATH,
        HEALTH_INTERVAL: `${HEALTH_INTERVAL_S}s`,
        MAX_CONNECTIONS: String(MAX_CONNECTIONS),
        KEEP_ALIVE_TIMEOUT: `${MAX_IDLE_S / 3600}h`,
      }, pinned(site.cores));
      return await whenReady(name, process, site, undefined, false);
    },
  };
}
