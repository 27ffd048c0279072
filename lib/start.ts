/** `roundabout start`: puts the parts together and runs them until a signal says stop. */
import { type AccessEntry, jsonLine, textLine } from "./access_log.ts";
import { Backend } from "./backend.ts";
import type { Config } from "./config/schema.ts";
import type { Engine, EngineOptions, Limits } from "./engine.ts";
import { LineWriter } from "./line_writer.ts";
import { log } from "./log.ts";
import type { Outcome } from "./outcome.ts";
import { POLICIES } from "./policies/mod.ts";
import { Pool } from "./pool.ts";
import { ignoreProxyVariables } from "./proxy_variables.ts";
import { serveTcp } from "./tcp/serve.ts";
import { serveWeb } from "./web/serve.ts";

/** A running balancer and the writer of its access log. */
export interface Balancer {
  readonly engine: Engine;
  readonly lines: LineWriter;
}

/** The engines, by their names in the configuration. */
export const ENGINES = {
  web: serveWeb,
  tcp: serveTcp,
} as const satisfies Record<Config["ENGINE"], (options: EngineOptions) => Engine>;

/** How long a stop waits for whoever reads the access log, in milliseconds. */
const FLUSH_MS = 1_000;

/** The address that requests should arrive at cannot be listened on. */
export class ListenError extends Error {
  override name = "ListenError";
}

/**
 * Starts a balancer.
 *
 * @param format writes an access log line; by default what `ACCESS_LOG` says
 * @throws {ListenError} where the address cannot be listened on
 */
export function startBalancer(
  config: Config,
  format: ((entry: AccessEntry) => string) | undefined = formatOf(config),
): Balancer {
  for (const name of ignoreProxyVariables()) {
    log("info", `${name} is not used: backends are reached directly`);
  }
  const lines = new LineWriter(Deno.stdout, tellOnce("access log lines are lost"));
  const pool = new Pool({
    backends: config.USERS_SERVICE.map((backend) => new Backend(backend)),
    policy: POLICIES[config.POLICY],
    onChange: logChange,
  });
  const engine = listening(config, {
    pool,
    hostname: config.HOST,
    port: config.PORT,
    maxAttempts: config.MAX_ATTEMPTS,
    limits: limitsOf(config),
    isTrusted: config.TRUSTED_PROXIES,
    onRequest: format && ((entry) => lines.write(format(entry))),
    onError: (error) => log("error", `a request failed by a fault of this program: ${error}`),
    onWarning: (warning) => log("warn", warning),
  });
  return { engine, lines };
}

function listening({ ENGINE, HOST, PORT }: Config, options: EngineOptions): Engine {
  try {
    return ENGINES[ENGINE](options);
  } catch (error) {
    const reason = error instanceof Deno.errors.AddrInUse
      ? "the address is in use: set another PORT"
      : (error as Error).message;
    throw new ListenError(`Cannot listen on ${HOST}:${PORT} as ${reason}`, { cause: error });
  }
}

function limitsOf(config: Config): Limits {
  return {
    connectTimeout: config.CONNECT_TIMEOUT,
    firstByteTimeout: config.FIRST_BYTE_TIMEOUT,
    idleTimeout: config.IDLE_TIMEOUT,
    backendIdleTimeout: config.BACKEND_IDLE_TIMEOUT,
    tunnelIdleTimeout: config.TUNNEL_IDLE_TIMEOUT,
    headerTimeout: config.HEADER_TIMEOUT,
    keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT,
    maxHeaderSize: config.MAX_HEADER_SIZE,
    maxConnections: config.MAX_CONNECTIONS,
  };
}

/**
 * Runs a balancer until SIGINT or SIGTERM, then drains it; a second signal ends it at once.
 *
 * @returns the exit status: 0 stopped cleanly, 1 failed or cut requests off
 */
export async function runBalancer(
  { engine, lines }: Balancer,
  drainTimeout: number,
): Promise<number> {
  const signal = await Promise.race([nextSignal(), engine.finished.then(() => undefined)]);
  if (signal === undefined) return 0;
  nextSignal().then((again) => {
    log("warn", `${again} again: stopping at once`);
    Deno.exit(1);
  });
  log("info", `${signal}: no new connections, finishing what is in flight`);
  const cut = await engine.drain(drainTimeout);
  await Promise.race([lines.flush(), new Promise((resolve) => setTimeout(resolve, FLUSH_MS))]);
  if (cut === 0) {
    log("info", "stopped");
    return 0;
  }
  log("warn", `stopped after DRAIN_TIMEOUT with requests cut off: ${cut}`);
  return 1;
}

function nextSignal(): Promise<Deno.Signal> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const listener = () => {
        Deno.removeSignalListener(signal, listener);
        resolve(signal);
      };
      Deno.addSignalListener(signal, listener);
    }
  });
}

/** A log that cannot be written fails for every line: the first one says it all. */
function tellOnce(what: string): (error: unknown) => void {
  let told = false;
  return (error) => {
    if (!told) log("error", `${what}: ${error}`);
    told = true;
  };
}

function formatOf({ ACCESS_LOG }: Config): ((entry: AccessEntry) => string) | undefined {
  return { text: textLine, json: jsonLine, off: undefined }[ACCESS_LOG];
}

function logChange({ id }: Backend, outcome: Outcome<unknown>): void {
  if (outcome.kind === "answered") log("info", `${id} answers again`);
  else log("warn", `${id} fails: ${outcome.failure}: ${outcome.detail}`);
}
