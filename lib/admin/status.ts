/** What the admin port tells of the balancer: `GET /api/status` and `GET /metrics`. docs/admin.md has every field. */

/** The whole balancer, as plain data. Times are ISO 8601, in UTC. */
export interface Status {
  readonly version: string;
  /** This balancer's name in Via. */
  readonly instance: string;
  readonly engine: "web" | "tcp";
  readonly startedAt: string;
  /** Whether it should get requests: what `/readyz` says. */
  readonly ready: boolean;
  /** Why it should not; null if it should. */
  readonly problem: string | null;
  /** Whether it is stopping. */
  readonly draining: boolean;
  readonly workers: readonly WorkerStatus[];
  readonly configuration: ConfigurationStatus;
  readonly listeners: readonly ListenerStatus[];
  readonly admin: AdminStatus;
  /** Certificates that listeners get by themselves. */
  readonly acme: readonly AcmeStatus[];
  /** Requests in flight, over all workers. */
  readonly inFlight: number;
  readonly pools: readonly PoolStatus[];
  readonly routes: readonly RouteStatus[];
  /** Responses of the balancer's own, since it started. */
  readonly localReplies: readonly { readonly status: number; readonly count: number }[];
}

export interface WorkerStatus {
  /** From 1. */
  readonly number: number;
  readonly serving: boolean;
}

export interface ConfigurationStatus {
  /** 1 is the one that the balancer started with. */
  readonly number: number;
  /** When it took effect. */
  readonly since: string;
  /** The full path of the file; null if there is none. */
  readonly file: string | null;
  readonly lastReload: LastReload | null;
  /** How many reloads came to what, since the balancer started. */
  readonly reloads: Readonly<Record<ReloadResult, number>>;
}

export type ReloadResult = "applied" | "unchanged" | "refused";

export interface LastReload {
  readonly at: string;
  readonly result: ReloadResult;
  /** Why it was refused, as `check` prints it; otherwise empty. */
  readonly problems: readonly string[];
}

export interface ListenerStatus {
  readonly name: string;
  /** Such as `0.0.0.0:5000`. */
  readonly address: string;
  /** In the order of the configuration; empty without TLS. */
  readonly certificates: readonly CertificateStatus[];
}

/** The admin port, which this is read from. */
export interface AdminStatus {
  /** The one that it has; empty without TLS. */
  readonly certificates: readonly CertificateStatus[];
}

export interface CertificateStatus {
  /** DNS names and IP addresses that it covers. */
  readonly names: readonly string[];
  /** When it expires. */
  readonly notAfter: string;
  /** Whole days until then; negative once it has expired. */
  readonly daysLeft: number;
  /** The common name of who issued it. */
  readonly issuer: string;
  /** SHA-256, in hexadecimal with colons. */
  readonly fingerprint: string;
}

/** A certificate that is ordered and renewed. */
export interface AcmeStatus {
  /** The listeners that serve it. */
  readonly listeners: readonly string[];
  /** The names that it is for. */
  readonly names: readonly string[];
  /** The URL of the authority's directory. */
  readonly directory: string;
  /** When the one in use expires; null if there is none yet, and a self-made one is served. */
  readonly notAfter: string | null;
  /** When it is renewed; null if there is none for all of the names. */
  readonly renewAt: string | null;
  /** Whether one is being ordered. */
  readonly ordering: boolean;
  /** Why the last attempt failed; null if it did not. */
  readonly problem: string | null;
  /** When the next attempt is made after that one; null if there was none that failed. */
  readonly retryAt: string | null;
}

export interface PoolStatus {
  readonly name: string;
  readonly policy: string;
  /** Whether any of its backends can be used. */
  readonly usable: boolean;
  /** In the order of the configuration; removed ones that still have requests come last. */
  readonly backends: readonly BackendStatus[];
  readonly discovery: readonly DiscoveryStatus[];
}

/**
 * What becomes of a backend's requests: it is picked (`in use`), left out after failures (`ejected`), tried
 * by one request (`trial`), left out by probes (`down`), left out by hand and finishing its requests
 * (`draining`), or no longer in the configuration and finishing them (`removed`).
 */
export type BackendState = "in use" | "ejected" | "trial" | "down" | "draining" | "removed";

export interface BackendStatus {
  /** What names it in paths of the API: its URL, unique within the pool but for removed ones. */
  readonly id: string;
  /** For a person: with the name that it was found by. */
  readonly url: string;
  /** The entry of the configuration that it comes from, such as `dns+http://users:5000`. */
  readonly source: string;
  /** As it applies: one set by hand, or that of the configuration. */
  readonly weight: number;
  /** That of the configuration. */
  readonly configuredWeight: number;
  readonly backup: boolean;
  readonly state: BackendState;
  /** Why it is in that state; null if that is its usual one. */
  readonly reason: string | null;
  /** Since when it is in that state; null if it always was, or if it was drained by hand. */
  readonly since: string | null;
  readonly inFlight: number;
  /** Attempts, and how many of them failed, since the backend was added. */
  readonly attempts: number;
  readonly failures: number;
  /** The moving average that peak_ewma uses; null if it is not known, as with all other policies. */
  readonly latencyMs: number | null;
  /** Whether its drain or its weight was set by hand. */
  readonly setByHand: boolean;
}

/** An entry of a pool that stands for several backends. */
export interface DiscoveryStatus {
  /** As it is written in the configuration. */
  readonly source: string;
  /** When it last had a usable answer; null if it never had. */
  readonly lastSuccess: string | null;
  /** What is wrong now; null if nothing is. */
  readonly problem: string | null;
  /** How many backends it stands for. */
  readonly addresses: number;
}

export interface RouteStatus {
  readonly id: string;
  /** The pools that it can lead to. */
  readonly pools: readonly string[];
  /** Its requests since the balancer started. */
  readonly requests: readonly RouteRequests[];
}

export interface RouteRequests {
  /** Null if the balancer answered itself. */
  readonly pool: string | null;
  readonly status: StatusClass;
  readonly count: number;
}

export type StatusClass = "1xx" | "2xx" | "3xx" | "4xx" | "5xx";
