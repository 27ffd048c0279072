import { MAX_IDLE_S } from "./limits.ts";
import { HEALTH_INTERVAL_S, type Proxy, type Site, startProgram } from "../proxy.ts";
import { readVersion } from "../programs.ts";
import { HEALTH_PATH } from "../workloads.ts";

export const caddy: Proxy = {
  key: "caddy",
  name: "Caddy",
  version: () => readVersion("caddy", ["version"]),
  async start(site) {
    const file = `${site.directory}/Caddyfile`;
    await Deno.writeTextFile(file, formatConfiguration(site));
    return await startProgram(["caddy", "run", "--adapter", "caddyfile", "--config", file], site, {
      GOMAXPROCS: String(site.workers),
      // It stores certificates and its own configuration below these.
      HOME: site.directory,
      XDG_DATA_HOME: site.directory,
      XDG_CONFIG_HOME: site.directory,
    });
  },
};

/** There is no access log in it, as Caddy writes none by default. */
function formatConfiguration({ port, tlsPort, backendPorts, certificate }: Site): string {
  const tls = certificate === undefined ? "" : `
https://:${tlsPort} {
  bind 127.0.0.1
  tls ${certificate.certificateFile} ${certificate.keyFile}
  import balance
}`;
  return `
{
  admin off
  auto_https off
  servers {
    protocols h1
    timeouts {
      idle ${MAX_IDLE_S}s
    }
  }
}
(balance) {
  reverse_proxy ${backendPorts.map((port) => `127.0.0.1:${port}`).join(" ")} {
    lb_policy round_robin
    health_uri ${HEALTH_PATH}
    health_interval ${HEALTH_INTERVAL_S}s
    transport http {
      compression off
      keepalive_idle_conns_per_host 1024
    }
  }
}
http://:${port} {
  bind 127.0.0.1
  import balance
}${tls}
`;
}
