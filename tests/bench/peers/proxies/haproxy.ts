import { MAX_CONNECTIONS, MAX_IDLE_S } from "./limits.ts";
import { HEALTH_INTERVAL_S, type Proxy, type Site, startProgram } from "../proxy.ts";
import { readVersion } from "../programs.ts";
import { HEALTH_PATH } from "../workloads.ts";

export const haproxy: Proxy = {
  key: "haproxy",
  name: "HAProxy",
  version: () => readVersion("haproxy", ["-v"]),
  async start(site) {
    const file = `${site.directory}/haproxy.cfg`;
    await Deno.writeTextFile(file, formatConfiguration(site));
    return await startProgram(["haproxy", "-db", "-f", file], site);
  },
};

function formatConfiguration({ port, tlsPort, backendPorts, workers, certificate }: Site): string {
  const tls = certificate && `  bind 127.0.0.1:${tlsPort} ssl crt ${certificate.bothFile}`;
  return `
global
  nbthread ${workers}
  maxconn ${MAX_CONNECTIONS}
defaults
  mode http
  timeout connect 2s
  timeout client ${MAX_IDLE_S}s
  timeout http-keep-alive ${MAX_IDLE_S}s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend clients
  bind 127.0.0.1:${port}
${tls ?? ""}
  default_backend backends
backend backends
  balance roundrobin
  option httpchk GET ${HEALTH_PATH}
${
    backendPorts.map((port, index) =>
      `  server backend${index + 1} 127.0.0.1:${port} check inter ${HEALTH_INTERVAL_S}s`
    ).join("\n")
  }
`;
}
