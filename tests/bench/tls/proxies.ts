/** Roundabout, HAProxy and nginx with one worker, plain and with TLS, for the same job and with the same ciphers. */
import { spawn } from "../processes.ts";
import { pinned } from "../cores.ts";
import { readVersion } from "../peers/programs.ts";
import { type RunningProxy, type Site, startProgram, whenReady } from "../peers/proxy.ts";
import { VERSION } from "../../../lib/cli/version.ts";
import { ROOT } from "../processes.ts";
import type { KeyFiles } from "./keys.ts";

/** The ports of a proxy: without TLS, and with it by the kind of key. */
export interface Ports {
  readonly plain: number;
  readonly ecdsa: number;
  readonly rsa: number;
}

export interface TlsSite {
  readonly ports: Ports;
  readonly files: { readonly ecdsa: KeyFiles; readonly rsa: KeyFiles };
  readonly backendPorts: readonly number[];
  readonly cores: readonly number[];
  /** For files of this proxy only. */
  readonly directory: string;
}

export interface TlsProxy {
  readonly name: string;
  version(): Promise<string | undefined>;
  start(site: TlsSite): Promise<RunningProxy>;
}

/** The only suites, so that all do the same work: HAProxy and nginx would choose AES-256 by themselves. */
export const SUITE_13 = "TLS_AES_128_GCM_SHA256";
const SUITES_12 = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";

const MANY = 1_000_000;

export const TLS_PROXIES: Readonly<Record<string, TlsProxy>> = {
  tcp: {
    name: "Roundabout tcp",
    version: () => Promise.resolve(VERSION),
    async start(site) {
      const config = `${site.directory}/roundabout.json`;
      await Deno.writeTextFile(config, JSON.stringify(configurationOf(site)));
      const args = [`${ROOT}main.ts`, "start", "--config", config];
      const process = spawn(args, {}, "null", pinned(site.cores));
      return await whenReady("roundabout", process, siteOf(site));
    },
  },
  haproxy: {
    name: "HAProxy",
    version: () => readVersion("haproxy", ["-v"]),
    async start(site) {
      const config = `${site.directory}/haproxy.cfg`;
      await Deno.writeTextFile(config, haproxyFile(site));
      return await startProgram(["haproxy", "-db", "-f", config], siteOf(site));
    },
  },
  nginx: {
    name: "nginx",
    version: () => readVersion("nginx", ["-v"]),
    async start(site) {
      const config = `${site.directory}/nginx.conf`;
      await Deno.writeTextFile(config, nginxFile(site));
      return await startNginx(site.directory, config, siteOf(site));
    },
  },
};

/** The backends, as cheap as possible: nginx, which answers from memory. */
export async function startBackends(
  ports: readonly number[],
  answer: string,
  directory: string,
  cores: readonly number[],
): Promise<RunningProxy> {
  const config = `${directory}/backends.conf`;
  await Deno.writeTextFile(
    config,
    nginxHead(directory, "backends") + `
  server {
${ports.map((port) => `    listen 127.0.0.1:${port};`).join("\n")}
    location / { default_type text/plain; return 200 "${answer}"; }
  }
}
`,
  );
  const [port = 0] = ports;
  return await startNginx(directory, config, {
    ...{ port, tlsPort: port, backendPorts: [], workers: 1, cores, directory },
    certificate: undefined,
  });
}

function startNginx(directory: string, config: string, site: Site): Promise<RunningProxy> {
  const errors = `${directory}/early.log`; // until the configuration is read
  return startProgram(["nginx", "-e", errors, "-p", directory, "-c", config], site);
}

/** As the peers bench describes what a proxy is to do: it waits for these ports. */
function siteOf({ ports, backendPorts, cores, directory, files }: TlsSite): Site {
  const { cert, key, both } = files.rsa;
  return {
    ...{ port: ports.plain, tlsPort: ports.rsa, backendPorts, workers: 1, cores, directory },
    certificate: { certificateFile: cert, keyFile: key, bothFile: both, pem: "" },
  };
}

function configurationOf({ ports, files, backendPorts }: TlsSite): unknown {
  const secure = (type: "ecdsa" | "rsa") => ({
    host: "127.0.0.1",
    port: ports[type],
    tls: { certificates: [{ cert: files[type].cert, key: files[type].key }] },
  });
  return {
    engine: "tcp",
    admin: "off",
    watch: false,
    log: { access: "off" },
    listeners: {
      plain: { host: "127.0.0.1", port: ports.plain },
      ecdsa: secure("ecdsa"),
      rsa: secure("rsa"),
    },
    limits: { connections: 8_000 },
    pools: { users: { backends: backendPorts.map((port) => `http://127.0.0.1:${port}`) } },
  };
}

function haproxyFile({ ports, files, backendPorts }: TlsSite): string {
  return `
global
  nbthread 1
  maxconn 8000
  ssl-default-bind-options ssl-min-ver TLSv1.2
  ssl-default-bind-ciphersuites ${SUITE_13}
  ssl-default-bind-ciphers ${SUITES_12}
  ssl-default-bind-curves X25519:P-256
defaults
  mode http
  timeout connect 2s
  timeout client 600s
  timeout http-keep-alive 600s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend clients
  bind 127.0.0.1:${ports.plain}
  bind 127.0.0.1:${ports.ecdsa} ssl crt ${files.ecdsa.both} alpn http/1.1
  bind 127.0.0.1:${ports.rsa} ssl crt ${files.rsa.both} alpn http/1.1
  http-request set-header X-Forwarded-Proto https if { ssl_fc }
  http-request set-header X-Forwarded-Proto http unless { ssl_fc }
  default_backend users
backend users
  balance roundrobin
${backendPorts.map((port, index) => `  server users-${index} 127.0.0.1:${port}`).join("\n")}
`;
}

function nginxFile({ ports, files, backendPorts, directory }: TlsSite): string {
  const server = (listen: string, more: string) => `
  server {
    listen 127.0.0.1:${listen};
    ${more}
    location / {
      proxy_pass http://users;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }`;
  const secure = (type: "ecdsa" | "rsa") =>
    server(
      `${ports[type]} ssl`,
      `ssl_certificate ${files[type].cert};
    ssl_certificate_key ${files[type].key};`,
    );
  return nginxHead(directory, "nginx") + `
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ciphers ${SUITES_12};
  ssl_conf_command Ciphersuites ${SUITE_13};
  ssl_ecdh_curve X25519:prime256v1;
  ssl_session_cache shared:sessions:10m;
  upstream users {
${backendPorts.map((port) => `    server 127.0.0.1:${port};`).join("\n")}
    keepalive 256;
    keepalive_requests ${MANY};
  }
  ${server(String(ports.plain), "")}
  ${secure("ecdsa")}
  ${secure("rsa")}
}
`;
}

function nginxHead(directory: string, name: string): string {
  // Started as root, it would run workers as a user that cannot access the directory.
  const user = Deno.uid() === 0 ? "user root;" : "";
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((what) => `  ${what}_temp_path ${directory}/${name}_${what};`).join("\n");
  return `daemon off;
${user}
worker_processes 1;
pid ${directory}/${name}.pid;
error_log ${directory}/${name}.log;
events { worker_connections 8000; }
http {
${temporary}
  access_log off;
  keepalive_timeout 600s;
  keepalive_requests ${MANY};
`;
}
