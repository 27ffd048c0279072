import { LONG_S, MANY, MAX_CONNECTIONS } from "./limits.ts";
import { type Proxy, type Site, startProgram } from "../proxy.ts";
import { versionOf } from "../programs.ts";

export const nginx: Proxy = {
  key: "nginx",
  name: "nginx",
  version: () => versionOf("nginx", ["-v"]),
  async start(site) {
    const file = `${site.directory}/nginx.conf`;
    await Deno.writeTextFile(file, configurationOf(site));
    const errors = `${site.directory}/early.log`; // before the configuration names another
    return await startProgram(["nginx", "-e", errors, "-p", site.directory, "-c", file], site);
  },
};

function configurationOf({ port, tlsPort, backendPorts, workers, directory, certificate }: Site) {
  // As root it would give its workers to a user who may not go into the directory.
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
  keepalive_timeout ${LONG_S}s;
  keepalive_requests ${MANY};
  upstream backends {
${backendPorts.map((port) => `    server 127.0.0.1:${port};`).join("\n")}
    keepalive 256;
    keepalive_requests ${MANY};
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
