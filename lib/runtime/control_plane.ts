/** `roundabout start`: puts the parts together. The workers serve; here is what there is one of. */
import type { LineFormat } from "../logging/access_log.ts";
import { type AdminOptions, serveAdmin } from "../admin/server.ts";
import { type Clock, startClock } from "../time/clock.ts";
import type { Config } from "../config/schema.ts";
import { lowLimit } from "../net/descriptors.ts";
import type { Limits } from "../engines/engine.ts";
import { formatEvent } from "../health/events.ts";
import { startProbes } from "../health/prober.ts";
import { LineWriter } from "../logging/line_writer.ts";
import { bindOrExplain } from "../net/listen_error.ts";
import { log } from "../logging/log.ts";
import type { Pool } from "../pool/pool.ts";
import { createPool } from "../pool/create_pool.ts";
import { ignoreProxyVariables } from "../net/proxy_variables.ts";
import { throttledWarning } from "../logging/throttled_warning.ts";
import type { Listening } from "../net/http_server.ts";
import { withTimeout } from "../time/with_timeout.ts";
import { createBackends } from "./backends.ts";
import { workerCount } from "./worker_count.ts";
import type { LogNotice } from "./messages.ts";
import { SharedMemory } from "../shared_memory/layout.ts";
import { Supervisor } from "./supervisor.ts";

/** A running balancer. */
export interface Balancer {
  /** Where requests arrive. */
  readonly address: Deno.NetAddr;
  /** Where the admin port is; undefined where it is off. */
  readonly adminAddress: Deno.NetAddr | undefined;
  /** How many workers serve. */
  readonly workers: number;
  /** Rejects where it cannot go on: {@linkcode WorkerHangs}. */
  readonly finished: Promise<never>;
  /**
   * Stops it: readiness first, then new requests, and what is in flight finishes.
   *
   * @param timeout in milliseconds
   * @returns how many requests were cut off by the timeout
   */
  stop(timeout: number): Promise<number>;
}

/** How a balancer is started otherwise than its settings say. */
export interface StartOptions {
  /** How the access log is written; by default as `ACCESS_LOG` says. */
  readonly lines?: LineFormat | undefined;
  /** The module that its workers run. */
  readonly script?: URL;
}

/** Its number among the workers. */
const SUPERVISOR_NUMBER = 0;

/** How long a stop waits for whoever reads the access log or asks the admin port, in milliseconds. */
const STOP_REST_MS = 1_000;

/** How long a stop goes on accepting, so that clients hear of it on a response, in milliseconds. */
const GRACE_MS = 500;

/**
 * Starts a balancer.
 *
 * @throws {ListenError} where an address cannot be listened on
 */
export async function startBalancer(config: Config, options: StartOptions = {}): Promise<Balancer> {
  for (const name of ignoreProxyVariables()) {
    log("info", `${name} is not used: backends are reached directly`);
  }
  const descriptors = lowLimit();
  for (const warning of settingWarnings(config, descriptors)) onWarning(warning);
  const count = workerCount(config.WORKERS, onWarning);
  const memory = new SharedMemory({ backends: config.USERS_SERVICE.length, workers: 1 + count });
  const clock = startClock({
    onTick(now) {
      memory.pool.time.value = now;
      supervisor.checkHeartbeats(now);
    },
  });
  memory.pool.time.value = clock.now();
  const lines = new LineWriter(Deno.stdout, logOnce("access log lines are lost"));
  const pool = poolIn(memory, config, clock);
  const supervisor = new Supervisor({
    memory,
    assignment: {
      config,
      port: config.PORT,
      limits: engineLimits(config, count, descriptors),
      lines: options.lines ?? (config.ACCESS_LOG === "off" ? undefined : config.ACCESS_LOG),
    },
    ...(options.script !== undefined && { script: options.script }),
    onNotice: noticeTo(lines, clock),
    onLog: log,
    onDeath: (number) => pool.abandon(number),
  });
  let draining = false;
  let admin: Listening | undefined;
  try {
    admin = startAdmin(config, clock, {
      fault: () => supervisor.hanging,
      unreadiness() {
        if (draining) return "draining";
        if (supervisor.problem !== undefined) return supervisor.problem;
        return pool.usable ? undefined : "no backend is usable";
      },
    });
    const address = await supervisor.start();
    const probes = startProbing(config, pool);
    return {
      address,
      adminAddress: admin?.address,
      workers: count,
      finished: supervisor.finished,
      async stop(timeout) {
        draining = true;
        const cut = await supervisor.drain(timeout, Math.min(GRACE_MS, timeout));
        clock[Symbol.dispose]();
        const rest = [probes?.[Symbol.asyncDispose](), admin?.shutdown(), lines.flush()];
        await withTimeout(STOP_REST_MS, Promise.all(rest));
        return cut;
      },
    };
  } catch (error) {
    clock[Symbol.dispose]();
    await admin?.shutdown();
    throw error;
  }
}

const onWarning = (warning: string) => log("warn", warning);

/** What an operator should know of the settings. @param descriptors how many can be opened, where few */
function settingWarnings(config: Config, descriptors: number | undefined): string[] {
  const warnings: string[] = [];
  if (descriptors !== undefined) {
    warnings.push(
      `only ${descriptors} more file descriptors can be opened, two for each request in flight: ` +
        "raise the limit (ulimit -n, LimitNOFILE= of systemd, ulimits of compose)",
    );
  }
  if (config.STICKY_COOKIE !== undefined && config.STICKY_SECRET === undefined) {
    warnings.push(
      "STICKY_SECRET is not set: who knows a backend's address can make the cookie that names it",
    );
  }
  return warnings;
}

/** The supervisor's own view of the pool: it probes, and knows whether any backend is usable. */
function poolIn(memory: SharedMemory, config: Config, clock: Clock): Pool {
  return createPool(config, {
    backends: createBackends(memory, config, SUPERVISOR_NUMBER),
    policy: config.POLICY,
    isTrusted: () => false, // no request comes here
    clock,
    random: Math.random,
    cells: memory.pool,
    worker: SUPERVISOR_NUMBER,
    onEvent: (event) => log(...formatEvent(event)),
  });
}

/** Passes on what workers say for the logs. What each of them meets is told once. */
function noticeTo(lines: LineWriter, { now }: Clock): (notice: LogNotice) => void {
  const tellers = new Map<string, (warning: string) => void>();
  return (notice) => {
    if (notice.kind === "lines") return lines.write(notice.lines);
    if (notice.kind === "log") return log(notice.level, notice.message);
    const teller = tellers.get(notice.message) ?? throttledWarning(onWarning, now);
    tellers.set(notice.message, teller);
    teller(notice.message);
  };
}

function startAdmin(
  { ADMIN_HOST: hostname, ADMIN_PORT: port }: Config,
  clock: Clock,
  reasons: Pick<AdminOptions, "fault" | "unreadiness">,
): Listening | undefined {
  if (port === undefined) return undefined;
  const options = {
    hostname,
    port,
    ...reasons,
    onError: (error: unknown) => log("error", `the admin port failed: ${error}`),
    onWarning: throttledWarning(onWarning, clock.now),
  };
  return bindOrExplain("ADMIN_PORT", hostname, port, () => serveAdmin(options));
}

function startProbing(config: Config, pool: Pool): AsyncDisposable | undefined {
  if (config.HEALTH_PATH === undefined) return undefined;
  return startProbes({
    backends: pool.backends,
    path: config.HEALTH_PATH,
    good: config.HEALTH_STATUS,
    interval: config.HEALTH_INTERVAL,
    timeout: config.HEALTH_TIMEOUT,
    random: Math.random,
    onProbe: (backend, good, reason) => pool.probed(backend, good, reason),
  });
}

/** @param workers how many share what there is @param descriptors how many can be opened, where few */
function engineLimits(config: Config, workers: number, descriptors = Infinity): Limits {
  // Clients that took all descriptors would leave none for backends.
  const connections = Math.min(config.MAX_CONNECTIONS, Math.floor(descriptors / 2));
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
    maxConnections: Math.max(1, Math.floor(connections / workers)),
  };
}

/** A log that cannot be written fails for every line: the first one says it all. */
function logOnce(what: string): (error: unknown) => void {
  let told = false;
  return (error) => {
    if (!told) log("error", `${what}: ${error}`);
    told = true;
  };
}
