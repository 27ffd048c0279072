/** Starts a balancer over real sockets for a test, and stops it when the test is over. */
import type { AccessEntry } from "../../lib/logging/access_log.ts";
import { isSecure } from "../../lib/http/trusted_proxies.ts";
import { Backend } from "../../lib/backends/backend.ts";
import { type Clock, startClock } from "../../lib/time/clock.ts";
import type {
  Engine,
  Limits,
  Snapshot,
  TlsSettings,
  UnixListening,
} from "../../lib/engines/engine.ts";
import type { PoolEvent } from "../../lib/health/events.ts";
import { Pool, type PoolOptions } from "../../lib/pool/pool.ts";
import { RetryBudget } from "../../lib/retry_budget.ts";
import { hasPathPrefix } from "../../lib/http/path_climb.ts";
import type { Destination, Route, Timeouts } from "../../lib/routing/route.ts";
import { loadConditionTools } from "../../lib/routing/tools.ts";
import { startConnectChecking } from "../../lib/runtime/connect_checking.ts";
import { Sticky } from "../../lib/pool/sticky.ts";
import { ENGINES } from "../../lib/engines/mod.ts";
import { IO } from "../../lib/net/io.ts";
import type { Sockets } from "../../lib/net/sockets.ts";
import type { TlsOptions } from "../../lib/net/tls/tls_options.ts";
import { InFlightCount } from "../../lib/shared_memory/in_flight_count.ts";
import type { ProxyVersion } from "../../lib/net/proxy_header/write.ts";
import { StatusCounts } from "../../lib/shared_memory/status_counts.ts";
import { LOCALHOST_TLS } from "./certificates.ts";
import { HEALTH, policyOf } from "./fakes.ts";
import { TlsRelay } from "./tls_relay.ts";

const SERVE = { web: await ENGINES.web(), tcp: await ENGINES.tcp() };

export type EngineName = keyof typeof ENGINES;

/** Whether what is tested of the tcp engine is tested over TLS: tests/bench/contract_over_tls.ts. */
const IS_OVER_TLS = Deno.env.get("TEST_OVER_TLS") === "1";

/** Whether the tcp engine is tested on sockets of its own: tests/bench/contract_over_epoll.ts. */
export const IS_ON_EPOLL = Deno.env.get("TEST_IO") === "epoll";

/** What the tcp engine listens and connects with. */
export const TCP_SOCKETS = await IO[IS_ON_EPOLL ? "epoll" : "deno"]();

/** How clients reach the tcp engine. */
export const TCP_SCHEME = IS_OVER_TLS ? "https" : "http";

/** Timeouts of the only pool, in milliseconds. */
interface TestTimeouts {
  readonly connectTimeout: number;
  readonly firstByteTimeout: number;
  readonly idleTimeout: number;
  readonly requestTimeout: number;
  readonly backendIdleTimeout: number;
  readonly tunnelIdleTimeout: number;
  readonly halfClosedTimeout: number;
}

export interface TestOptions extends Partial<Limits>, Partial<TestTimeouts> {
  readonly engine?: EngineName;
  /** What the tcp engine listens and connects with; by default {@linkcode TCP_SOCKETS}. */
  readonly sockets?: Sockets;
  /** The address to listen on; by default 127.0.0.1. */
  readonly hostname?: string;
  /** Of the pool, beside its backends. */
  readonly pool?: Partial<PoolOptions>;
  /** Retries as a share of requests; by default there is no limit. */
  readonly retryBudget?: number;
  readonly maxAttempts?: number;
  /** The name of a cookie that ties clients to backends. */
  readonly stickyCookie?: string;
  readonly isTrusted?: (address: string) => boolean;
  /** By default one that runs by itself. */
  readonly clock?: Clock;
  /** Its name in Via; by default `roundabout`. */
  readonly instanceName?: string;
  /** By default any free one. */
  readonly port?: number;
  /** Whether others may listen on its port; by default not. */
  readonly reusePort?: boolean;
  /** TLS of its listener; by default there is none. */
  readonly tls?: TlsSettings;
  /** Whether connections to its listener begin with a PROXY header. */
  readonly proxyProtocol?: boolean;
  /** The unix socket to listen on, in place of a host and a port. */
  readonly unix?: UnixListening;
  /** The version of the PROXY header that backends get; by default they get none. */
  readonly sendsProxy?: ProxyVersion;
  /** TLS to its backends. */
  readonly backendTls?: TlsOptions;
}

export interface TestBalancer extends AsyncDisposable {
  readonly engine: Engine;
  readonly pool: Pool;
  readonly port: number;
  readonly url: string;
  /** The access log so far. */
  readonly entries: AccessEntry[];
  /** The failures and recoveries of backends that the pool announced. */
  readonly changes: string[];
  /** Faults of the balancer's own: must stay empty. */
  readonly errors: unknown[];
  /** The warnings for the operator. */
  readonly warnings: string[];
  /** Gives its listener other certificates, as a reload does. */
  changeTls(tls: TlsSettings): void;
}

const LIMITS: Limits & TestTimeouts = {
  connectTimeout: 10_000,
  firstByteTimeout: 10_000,
  idleTimeout: 10_000,
  requestTimeout: Infinity,
  maxInFlight: 10_000,
  backendIdleTimeout: 4_000,
  tunnelIdleTimeout: 10_000,
  halfClosedTimeout: 10_000,
  headerTimeout: 10_000,
  keepAliveTimeout: 10_000,
  maxHeaderSize: 16 * 1024,
  maxHeaderLines: 100,
  maxConnections: 10_000,
  maxHandshakes: 1_000,
  handshakeTimeout: 5_000,
};

const NO_CONDITIONS = await loadConditionTools([]);

function timeoutsOf(limits: TestTimeouts): Timeouts {
  return {
    connect: limits.connectTimeout,
    firstByte: limits.firstByteTimeout,
    idle: limits.idleTimeout,
    request: limits.requestTimeout,
    backendIdle: limits.backendIdleTimeout,
    tunnelIdle: limits.tunnelIdleTimeout,
    halfClosed: limits.halfClosedTimeout,
  };
}

/** A route that takes every request. */
function routeTo(destination: Destination): Route {
  return {
    id: "*",
    isOnly: true,
    match: {},
    guards: undefined,
    action: { kind: "forward", destination },
    request: undefined,
    response: undefined,
    errorPages: new Map(),
    answers: new StatusCounts(),
  };
}

/** @param urls the backends, in their order */
export function balance(urls: readonly string[], options: TestOptions = {}): TestBalancer {
  const entries: AccessEntry[] = [];
  const errors: unknown[] = [];
  const changes: string[] = [];
  const warnings: string[] = [];
  const clock = options.clock ?? startClock();
  const backends = urls.map((url) => new Backend({ url, weight: 1, tls: options.backendTls }));
  const isTrusted = options.isTrusted ?? (() => false);
  const policy = options.pool?.policy ?? policyOf("round_robin");
  const pool = new Pool({
    backends,
    policy,
    sticky: options.stickyCookie === undefined ? undefined : new Sticky({
      backends,
      cookie: options.stickyCookie,
      secret: undefined,
      isSecure: (request) => isSecure(request, isTrusted),
    }),
    clock: clock.now,
    stopwatch: clock.precisely,
    random: Math.random,
    ...HEALTH,
    ...options.pool,
    onEvent: (event) => changes.push(shortly(event)),
  });
  const limits = { ...LIMITS, ...options };
  const budget = new RetryBudget(options.retryBudget ?? Infinity);
  const destination: Destination = {
    name: "users",
    pool,
    budget,
    maxAttempts: options.maxAttempts ?? Infinity,
    retriesStatus: undefined,
    timeouts: timeoutsOf(limits),
    keepsPrefix: hasPathPrefix(backends),
    proxyProtocol: options.sendsProxy,
    requests: new StatusCounts(),
  };
  const overTls = isOverTls(options);
  const snapshot: Snapshot = {
    routes: [routeTo(destination)],
    conditions: NO_CONDITIONS,
    errorPages: new Map(),
    instanceName: options.instanceName ?? "roundabout",
    limits,
    isTrusted,
    logFields: [],
    onRequest: (entry) => entries.push(entry),
  };
  const listener = {
    name: "http",
    hostname: options.unix ? `unix:${options.unix.path}` : options.hostname ?? "127.0.0.1",
    unix: options.unix,
    port: overTls ? 0 : options.port ?? 0,
    tls: options.tls ?? (overTls ? LOCALHOST_TLS : undefined),
    proxyProtocol: options.proxyProtocol,
  };
  const serving = SERVE[options.engine ?? "web"]({
    snapshot,
    rateClock: () => performance.now(),
    clock,
    listeners: [listener],
    reusePort: options.reusePort ?? false,
    sockets: options.sockets ?? TCP_SOCKETS,
    requests: new InFlightCount(),
    localReplies: new StatusCounts(),
    onError: (error) => errors.push(error),
    onWarning: (warning) => warnings.push(warning),
  });
  const checks = startConnectChecking(
    () => ({ pool, timeout: limits.connectTimeout, proxyProtocol: options.sendsProxy }),
    clock,
    Math.random,
  );
  const { port: ownPort } = serving.addresses[0]!;
  const relay = overTls ? new TlsRelay(ownPort, options.port) : undefined;
  const port = relay?.port ?? ownPort;
  const engine: Engine = {
    ...serving,
    async drain(timeout, grace) {
      const cut = await serving.drain(timeout, grace);
      await relay?.[Symbol.asyncDispose]();
      await checks[Symbol.asyncDispose]();
      clock[Symbol.dispose]();
      return cut;
    },
  };
  return {
    engine,
    pool,
    port,
    url: `http://127.0.0.1:${port}`,
    entries,
    changes,
    errors,
    warnings,
    changeTls(tls) {
      const uids = new Set(backends.map(({ uid }) => uid));
      engine.prepare([{ ...listener, port: ownPort, tls }])
        .commit({ snapshot, backends: uids, drainTimeout: 1_000 });
    },
    async [Symbol.asyncDispose]() {
      await engine.drain(5_000, 0);
      if (errors.length > 0) throw errors[0];
    },
  };
}

/** The relay reaches no unix sockets, cannot put a PROXY header before TLS, and is itself whom one would name. */
function isOverTls({ engine, tls, unix, proxyProtocol, sendsProxy }: TestOptions): boolean {
  return IS_OVER_TLS && engine === "tcp" && tls === undefined && unix === undefined &&
    proxyProtocol !== true && sendsProxy === undefined;
}

/** `users-1:5000 fails: connection_refused`, without the details. */
function shortly(event: PoolEvent): string {
  if (!("backend" in event)) return event.kind;
  const reason = "reason" in event ? `: ${event.reason.split(": ")[0]}` : "";
  return `${event.backend} ${event.kind}${reason}`;
}
