import { VERSION } from "../../../../lib/cli/version.ts";
import { pinned } from "../../cores.ts";
import { ROOT, spawn } from "../../processes.ts";
import { HEALTH_INTERVAL_S, type Proxy, type Site, whenReady } from "../proxy.ts";
import { HEALTH_PATH } from "../workloads.ts";
import { MAX_CONNECTIONS, MAX_IDLE_S } from "./limits.ts";

/** An engine, and what the tcp engine has for sockets. */
interface Variant {
  readonly engine: "tcp" | "web";
  readonly io?: "epoll";
}

/** What the web engine leaves to Deno.serve. */
const TCP_SETTINGS = {
  limits: { connections: MAX_CONNECTIONS },
  timeouts: { keepAlive: `${MAX_IDLE_S / 3600}h` },
};

export const epoll = roundabout("epoll", { engine: "tcp", io: "epoll" });
export const tcp = roundabout("tcp", { engine: "tcp" });
export const web = roundabout("web", { engine: "web" });

/** This balancer, as users run it. */
function roundabout(key: string, variant: Variant): Proxy {
  const name = `Roundabout ${key}`;
  return {
    key,
    name,
    version: () => Promise.resolve(VERSION),
    async start(site) {
      const file = `${site.directory}/roundabout.json`;
      await Deno.writeTextFile(file, JSON.stringify(configurationFor(variant, site)));
      const args = [`${ROOT}main.ts`, "start", "--config", file];
      return await whenReady(name, spawn(args, {}, "null", pinned(site.cores)), site);
    },
  };
}

function configurationFor(
  { engine, io }: Variant,
  { port, tlsPort, backendPorts, workers, certificate }: Site,
): unknown {
  const host = "127.0.0.1";
  const tls = certificate && {
    certificates: [{ cert: certificate.certificateFile, key: certificate.keyFile }],
  };
  return {
    engine,
    io,
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
