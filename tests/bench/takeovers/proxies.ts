/** Roundabout and HAProxy, as the takeovers bench replaces the one that runs by another. */
import { end, freePort, ROOT, V8_FLAGS } from "../processes.ts";
import { Log } from "../reloads/proxies.ts";

export interface ProxyOptions {
  readonly port: number;
  readonly backendPort: number;
  readonly workers: number;
  /** A folder for its files. */
  readonly folder: string;
}

export interface ReplaceableProxy extends AsyncDisposable {
  /** Puts another process in the place of the one that runs. @returns the exit status of that one, or undefined */
  replace(): Promise<number | undefined>;
}

type StartProxy = (options: ProxyOptions) => Promise<ReplaceableProxy>;

export const PROXIES: Readonly<Record<string, StartProxy>> = {
  tcp: (options) => startRoundabout("tcp", options),
  web: (options) => startRoundabout("web", options),
  /** The new process binds anew. */
  "haproxy-sf": (options) => startHaproxy(options),
  haproxy: (options) => startMaster(options, false),
  "haproxy-fd": (options) => startMaster(options, true),
};

async function startRoundabout(
  engine: "tcp" | "web",
  { port, backendPort, workers }: ProxyOptions,
): Promise<ReplaceableProxy> {
  const env = {
    ENGINE: engine,
    WORKERS: String(workers),
    HOST: "127.0.0.1",
    PORT: String(port),
    ADMIN_PORT: String(freePort()),
    ACCESS_LOG: "off",
    USERS_SERVICE: `http://127.0.0.1:${backendPort}`,
  };
  const start = async () => {
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "-A", V8_FLAGS, `--config=${ROOT}deno.json`, `${ROOT}main.ts`],
        ...["start", "--takeover"],
      ],
      env,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    await new Log(process.stderr).shows("listening on");
    return process;
  };
  let current = await start();
  return {
    async replace() {
      const before = current;
      current = await start();
      return (await before.status).code;
    },
    [Symbol.asyncDispose]: () => end(current),
  };
}

function haproxyFile({ port, backendPort, workers, folder }: ProxyOptions, exposes: boolean) {
  const file = `${folder}/haproxy.cfg`;
  const socket = `${folder}/haproxy.sock`;
  Deno.writeTextFileSync(
    file,
    `global
  nbthread ${workers}
  maxconn 8000
${exposes ? `  stats socket ${socket} mode 600 level admin expose-fd listeners\n` : ""}
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
frontend http
  bind 127.0.0.1:${port}
  default_backend users
backend users
  server users-1 127.0.0.1:${backendPort}
`,
  );
  return file;
}

async function startHaproxy(options: ProxyOptions): Promise<ReplaceableProxy> {
  const file = haproxyFile(options, false);
  const start = (...more: string[]) =>
    new Deno.Command("haproxy", {
      args: ["-db", "-f", file, ...more],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  let current = start();
  await Promise.resolve();
  return {
    async replace() {
      const before = current;
      current = start("-sf", String(before.pid));
      return (await before.status).code;
    },
    [Symbol.asyncDispose]: () => end(current),
  };
}

async function startMaster(options: ProxyOptions, exposes: boolean): Promise<ReplaceableProxy> {
  const process = new Deno.Command("haproxy", {
    args: ["-W", "-f", haproxyFile(options, exposes)],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const log = new Log(process.stderr);
  await log.shows("Loading success");
  return {
    async replace() {
      process.kill("SIGUSR2");
      await log.shows("Loading success");
      return undefined;
    },
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM"); // its workers would outlive a SIGKILL
      await process.status;
    },
  };
}
