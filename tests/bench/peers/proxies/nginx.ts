import { MAX_CONNECTIONS, MAX_IDLE_S, MAX_REQUESTS } from "./limits.ts";
import { type Proxy, type Site, startProgram } from "../proxy.ts";
import { readVersion } from "../programs.ts";

export const nginx: Proxy = {
  key: "nginx",
  name: "nginx",
  version: () => readVersion("nginx", ["-v"]),
  async start(site) {
    const file = `${site.directory}/nginx.conf`;
    await Deno.writeTextFile(file, formatConfiguration(site));
    const errors = `${site.directory}/early.log`; // until the configuration is read
    return await startProgram(["nginx", "-e", errors, "-p", site.directory, "-c", file], site);
  },
};

function formatConfiguration(
  { port, tlsPort, backendPorts, workers, directory, certificate }: Site,
) {
  // Started as root, it would run workers as a user that cannot access the directory.
  const user = Deno.uid() === 0 ? "user root;" : "";
  const tls = certificate === undefined ? "" : `
    listen 127.0.0.1:${tlsPort} ssl;
    ssl_certificate ${certificate.certificateFile};
    ssl_certificate_key ${certificate.keyFile};`;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((what) => `  ${what}_temp_path ${directory}/${what};`).join("\n");
  return `
daemon off;
${user}
worker_processes ${workers};
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events { worker_connections ${MAX_CONNECTIONS}; }
http {
${temporary}
  access_log off;
  keepalive_timeout ${MAX_IDLE_S}s;
  keepalive_requests ${MAX_REQUESTS};
  upstream backends {
${backendPorts.map((port) => `    server 127.0.0.1:${port};`).join("\n")}
    keepalive 256;
    keepalive_requests ${MAX_REQUESTS};
  }
  server {
    listen 127.0.0.1:${port};${tls}
    location / {
      proxy_pass http://backends;
      proxy_http_version 1.1;
      proxy_max_temp_file_size 0;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`;
}
