/** `roundabout start`: puts the parts together. */
import { type AccessEntry, jsonLine, textLine } from "./access_log.ts";
import { serveAdmin } from "./admin/api.ts";
import { Backend } from "./backend.ts";
import { isSecure } from "./believed.ts";
import { type Clock, startClock } from "./clock.ts";
import type { Config } from "./config/schema.ts";
import { lowLimit } from "./descriptors.ts";
import type { Engine, EngineOptions, Limits } from "./engine.ts";
import { lineOf } from "./health/events.ts";
import { startProbes } from "./health/probe.ts";
import { LineWriter } from "./line_writer.ts";
import { log } from "./log.ts";
import type { Pool } from "./pool.ts";
import { poolOf } from "./pool_of.ts";
import { ignoreProxyVariables } from "./proxy_variables.ts";
import { RetryBudget } from "./retry_budget.ts";
import { Sticky } from "./sticky.ts";
import { serveTcp } from "./tcp/serve.ts";
import { tellRarely } from "./tell_rarely.ts";
import { serveWeb } from "./web/serve.ts";

/** A running balancer. */
export interface Balancer {
  /** Where requests arrive. */
  readonly address: Deno.NetAddr;
  /** Where the admin port is; undefined where it is off. */
  readonly adminAddress: Deno.NetAddr | undefined;
  /** Settles when it serves no more; rejects where a listener broke for good. */
  readonly finished: Promise<void>;
  /**
   * Stops it: readiness first, then new requests, and what is in flight finishes.
   *
   * @param timeout in milliseconds
   * @returns how many requests were cut off by the timeout
   */
  stop(timeout: number): Promise<number>;
}

/** The engines, by their names in the configuration. */
export const ENGINES = {
  web: serveWeb,
  tcp: serveTcp,
} as const satisfies Record<Config["ENGINE"], (options: EngineOptions) => Engine>;

/** How long a stop waits for whoever reads the access log or asks the admin port, in milliseconds. */
const REST_MS = 1_000;

/** How long a stop goes on accepting, so that clients hear of it on a response, in milliseconds. */
const GRACE_MS = 500;

/** An address cannot be listened on. */
export class ListenError extends Error {
  override name = "ListenError";
}

/**
 * Starts a balancer.
 *
 * @param format writes an access log line; by default what `ACCESS_LOG` says
 * @throws {ListenError} where an address cannot be listened on
 */
export function startBalancer(
  config: Config,
  format: ((entry: AccessEntry) => string) | undefined = formatOf(config),
): Balancer {
  for (const name of ignoreProxyVariables()) {
    log("info", `${name} is not used: backends are reached directly`);
  }
  const low = lowLimit();
  if (low !== undefined) {
    log(
      "warn",
      `only ${low} more file descriptors can be opened, two for each request in flight: raise the ` +
        "limit (ulimit -n, LimitNOFILE= of systemd, ulimits of compose)",
    );
  }

  if (config.STICKY_COOKIE !== undefined && config.STICKY_SECRET === undefined) {
    log(
      "warn",
      "STICKY_SECRET is not set: who knows a backend's address can make the cookie that names it",
    );
  }

  const onWarning = (warning: string) => log("warn", warning);
  const onError = (error: unknown) =>
    log("error", `a request failed by a fault of this program: ${error}`);
  const lines = new LineWriter(Deno.stdout, tellOnce("access log lines are lost"));
  const clock = startClock();
  const pool = startPool(config, clock);
  let draining = false;

  const engine = listening("PORT", config.HOST, config.PORT, () =>
    ENGINES[config.ENGINE]({
      pool,
      budget: new RetryBudget(config.RETRY_BUDGET, clock.now()),
      clock,
      hostname: config.HOST,
      port: config.PORT,
      maxAttempts: config.MAX_ATTEMPTS,
      limits: limitsOf(config, low),
      isTrusted: config.TRUSTED_PROXIES,
      onRequest: format && ((entry) => lines.write(format(entry))),
      onError,
      onWarning,
    }));
  const { ADMIN_HOST: hostname, ADMIN_PORT: port } = config;
  const admin = port === undefined ? undefined : listening("ADMIN_PORT", hostname, port, () => {
    const unreadiness = () =>
      draining ? "draining" : pool.usable ? undefined : "no backend is usable";
    return serveAdmin({
      hostname,
      port,
      unreadiness,
      onError,
      onWarning: tellRarely(onWarning, clock.now),
    });
  });
  const probes = probesOf(config, pool);

  return {
    address: engine.address,
    adminAddress: admin?.address,
    finished: engine.finished,
    async stop(timeout) {
      draining = true;
      const cut = await engine.drain(timeout, Math.min(GRACE_MS, timeout));
      clock[Symbol.dispose]();
      const rest = [probes?.[Symbol.asyncDispose](), admin?.shutdown(), lines.flush()];
      const patience = new Promise((resolve) => setTimeout(resolve, REST_MS));
      await Promise.race([Promise.all(rest), patience]);
      return cut;
    },
  };
}

function listening<Listening>(
  setting: string,
  hostname: string,
  port: number,
  listen: () => Listening,
): Listening {
  try {
    return listen();
  } catch (error) {
    const reason = error instanceof Deno.errors.AddrInUse
      ? `the address is in use: set another ${setting}`
      : (error as Error).message;
    throw new ListenError(`Cannot listen on ${hostname}:${port} as ${reason}`, { cause: error });
  }
}

function startPool(config: Config, clock: Clock): Pool {
  const backends = config.USERS_SERVICE.map((backend) => new Backend(backend));
  const isTrusted = config.TRUSTED_PROXIES;
  const sticky = config.STICKY_COOKIE === undefined ? undefined : new Sticky({
    backends,
    cookie: config.STICKY_COOKIE,
    secret: config.STICKY_SECRET,
    isSecure: (request) => isSecure(request, isTrusted),
  });
  return poolOf(config, {
    backends,
    policy: config.POLICY,
    sticky,
    isTrusted,
    clock,
    random: Math.random,
    onEvent: (event) => log(...lineOf(event)),
  });
}

function probesOf(config: Config, pool: Pool): AsyncDisposable | undefined {
  if (config.HEALTH_PATH === undefined) return undefined;
  return startProbes({
    backends: pool.backends,
    path: config.HEALTH_PATH,
    isGood: config.HEALTH_STATUS,
    interval: config.HEALTH_INTERVAL,
    timeout: config.HEALTH_TIMEOUT,
    random: Math.random,
    onProbe: (backend, good, reason) => pool.probed(backend, good, reason),
  });
}

/** @param descriptors how many can be opened, where they are few */
function limitsOf(config: Config, descriptors = Infinity): Limits {
  return {
    connectTimeout: config.CONNECT_TIMEOUT,
    firstByteTimeout: config.FIRST_BYTE_TIMEOUT,
    idleTimeout: config.IDLE_TIMEOUT,
    requestTimeout: config.REQUEST_TIMEOUT,
    maxInFlight: config.MAX_IN_FLIGHT,
    backendIdleTimeout: config.BACKEND_IDLE_TIMEOUT,
    tunnelIdleTimeout: config.TUNNEL_IDLE_TIMEOUT,
    headerTimeout: config.HEADER_TIMEOUT,
    keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT,
    maxHeaderSize: config.MAX_HEADER_SIZE,
    // Clients that took all of them would leave none for backends.
    maxConnections: Math.min(config.MAX_CONNECTIONS, Math.max(1, Math.floor(descriptors / 2))),
  };
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
