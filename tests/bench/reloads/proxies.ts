/** Roundabout and its peers, as the reloads bench starts and reloads them. */
import { end, ROOT, V8_FLAGS } from "../processes.ts";

export interface ProxyOptions {
  readonly port: number;
  readonly workers: number;
  /** A folder for its files. */
  readonly folder: string;
}

/** A proxy that runs. */
export interface RunningProxy extends AsyncDisposable {
  /** The process that stays over reloads. */
  readonly pid: number;
  /** Puts these backends in force, and returns when it is done, as far as the proxy tells. */
  reload(backendPorts: readonly number[], number: number): Promise<void>;
}

export type StartProxy = (
  options: ProxyOptions,
  backendPorts: readonly number[],
) => Promise<RunningProxy>;

export const PROXIES: Readonly<Record<string, StartProxy>> = {
  tcp: (options, ports) => startRoundabout("tcp", options, ports),
  web: (options, ports) => startRoundabout("web", options, ports),
  haproxy: startHaproxy,
  nginx: startNginx,
};

async function startRoundabout(
  engine: "tcp" | "web",
  { port, workers, folder }: ProxyOptions,
  backendPorts: readonly number[],
): Promise<RunningProxy> {
  const file = `${folder}/roundabout.json`;
  // Something changes with each number, and the set of backends only if it is another one.
  const write = (ports: readonly number[], number: number) =>
    Deno.writeTextFile(
      file,
      JSON.stringify({
        engine,
        workers,
        admin: "off",
        watch: false,
        log: { access: "off" },
        listeners: { http: { host: "127.0.0.1", port } },
        defaults: { timeouts: { firstByte: `${60 + number % 2}s`, tunnelIdle: "1h" } },
        pools: { users: { backends: ports.map((port) => `http://127.0.0.1:${port}`) } },
      }),
    );
  await write(backendPorts, 0);
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "-A", V8_FLAGS, `--config=${ROOT}deno.json`, `${ROOT}main.ts`],
      ...["start", "--config", file],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const log = new Log(process.stderr);
  await log.shows("listening on");
  return {
    pid: process.pid,
    async reload(ports, number) {
      await write(ports, number);
      process.kill("SIGHUP");
      await log.shows(`configuration ${number + 1}, by SIGHUP`);
    },
    [Symbol.asyncDispose]: () => end(process),
  };
}

/** The standard error of a process. */
export class Log {
  #text = "";
  #wake = () => {};

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const bytes of stream) {
      this.#text += new TextDecoder().decode(bytes);
      this.#wake();
    }
  }

  /** What came after what was waited for. */
  get text(): string {
    return this.#text;
  }

  /** Resolves once it has this text; forgets what comes before it. */
  async shows(text: string): Promise<void> {
    while (!this.#text.includes(text)) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    this.#text = this.#text.slice(this.#text.indexOf(text) + text.length);
  }
}

async function startHaproxy(
  { port, workers, folder }: ProxyOptions,
  backendPorts: readonly number[],
): Promise<RunningProxy> {
  const file = `${folder}/haproxy.cfg`;
  const write = (ports: readonly number[]) =>
    Deno.writeTextFile(
      file,
      `global
  nbthread ${workers}
  maxconn 8000
  stats socket ${folder}/haproxy.sock mode 600 level admin expose-fd listeners
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
  balance roundrobin
  option redispatch
frontend http
  bind 127.0.0.1:${port}
  default_backend users
backend users
${ports.map((port, index) => `  server users-${index} 127.0.0.1:${port}`).join("\n")}
`,
    );
  await write(backendPorts);
  const process = new Deno.Command("haproxy", {
    args: ["-W", "-S", `${folder}/master.sock`, "-f", file],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const log = new Log(process.stderr);
  await log.shows("Loading success");
  return {
    pid: process.pid,
    async reload(ports) {
      await write(ports);
      process.kill("SIGUSR2");
      await log.shows("Loading success");
    },
    [Symbol.asyncDispose]: () => terminate(process),
  };
}

async function startNginx(
  { port, workers, folder }: ProxyOptions,
  backendPorts: readonly number[],
): Promise<RunningProxy> {
  const file = `${folder}/nginx.conf`;
  const write = (ports: readonly number[]) =>
    Deno.writeTextFile(
      file,
      `daemon off;
worker_processes ${workers};
pid ${folder}/nginx.pid;
error_log stderr notice;
events { worker_connections 8000; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000;
  map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
  upstream users {
    zone users 64k;
${ports.map((port) => `    server 127.0.0.1:${port};`).join("\n")}
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://users;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_read_timeout 1h;
    }
  }
}
`,
    );
  await write(backendPorts);
  const process = new Deno.Command("nginx", {
    args: ["-c", file, "-p", folder],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const log = new Log(process.stderr);
  await log.shows("start worker process");
  return {
    pid: process.pid,
    async reload(ports) {
      await write(ports);
      process.kill("SIGHUP");
      await log.shows("start worker process");
    },
    [Symbol.asyncDispose]: () => terminate(process),
  };
}

/** Its workers would outlive a SIGKILL. */
async function terminate(process: Deno.ChildProcess): Promise<void> {
  process.kill("SIGTERM");
  await process.status;
}
