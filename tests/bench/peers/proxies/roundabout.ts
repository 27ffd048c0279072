import { VERSION } from "../../../../lib/cli/version.ts";
import { pinned } from "../../cores.ts";
import { ROOT, spawn } from "../../processes.ts";
import { HEALTH_INTERVAL_S, type Proxy, type Site, whenReady } from "../proxy.ts";
import { HEALTH_PATH } from "../workloads.ts";
import { MAX_CONNECTIONS, MAX_IDLE_S } from "./limits.ts";

type Engine = "tcp" | "web";

/** What the web engine leaves to Deno.serve. */
const TCP_SETTINGS = {
  limits: { connections: MAX_CONNECTIONS },
  timeouts: { keepAlive: `${MAX_IDLE_S / 3600}h` },
};

export const tcp = roundabout("tcp");
export const web = roundabout("web");

/** This balancer, as users run it. */
function roundabout(engine: Engine): Proxy {
  const name = `Roundabout ${engine}`;
  return {
    key: engine,
    name,
    version: () => Promise.resolve(VERSION),
    async start(site) {
      const file = `${site.directory}/roundabout.json`;
      await Deno.writeTextFile(file, JSON.stringify(configurationFor(engine, site)));
      const args = [`${ROOT}main.ts`, "start", "--config", file];
      return await whenReady(name, spawn(args, {}, "null", pinned(site.cores)), site);
    },
  };
}

function configurationFor(
  engine: Engine,
  { port, tlsPort, backendPorts, workers, certificate }: Site,
): unknown {
  const host = "127.0.0.1";
  const tls = certificate && {
    certificates: [{ cert: certificate.certificateFile, key: certificate.keyFile }],
  };
  return {
    engine,
    ...engine === "tcp" && TCP_SETTINGS,
    workers,
    admin: "off",
    log: { access: "off" },
    listeners: { http: { host, port }, https: tls && { host, port: tlsPort, tls } },
    pools: {
      users: {
        backends: backendPorts.map((port) => `http://${host}:${port}`),
        health: { path: HEALTH_PATH, interval: `${HEALTH_INTERVAL_S}s` },
      },
    },
  };
}
