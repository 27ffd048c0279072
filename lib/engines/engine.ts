/** The contract of an engine: it receives requests, forwards them and responds. */
import type { LogField } from "../config/values/log_fields.ts";
import type { ErrorPages } from "../http/local_reply.ts";
import type { AccessEntry } from "../logging/access_log.ts";
import type { Clock } from "../time/clock.ts";
import type { Sockets } from "../net/sockets.ts";
import type { ConditionTools } from "../routing/conditions.ts";
import type { Route } from "../routing/route.ts";
import type { InFlightCount } from "../shared_memory/in_flight_count.ts";
import type { CertificateUse } from "../tls/certificate_choice.ts";
import type { TlsVersion } from "../tls/client_hello.ts";
import type { ClientAuthentication } from "../tls/client_trust.ts";
import type { StatusCounts } from "../shared_memory/status_counts.ts";

/** What an engine needs as long as it runs. */
export interface EngineOptions {
  /** What it begins with. */
  readonly snapshot: Snapshot;
  /** Where requests come in at first, one at least. */
  readonly listeners: readonly ListenerAddress[];
  /** Whether others may listen on the same ports: other workers, and the balancer that takes over. */
  readonly reusePort: boolean;
  /** What listens and connects. The web engine has no others than Deno's. */
  readonly sockets: Sockets;
  /** In milliseconds with fractions, on a clock that all workers share: for rate limits. */
  readonly rateClock: () => number;
  readonly clock: Clock;
  /** Counts the requests in flight, over all workers. */
  readonly requests: InFlightCount;
  /** Counts the local replies of this worker. */
  readonly localReplies: StatusCounts;
  /** Called with errors that are faults of this program. */
  readonly onError: (error: unknown) => void;
  /** Called with what the operator should know, once each time it begins. */
  readonly onWarning: (warning: string) => void;
}

/**
 * One configuration, compiled and immutable. A reload puts another one in its place by a single reference:
 * requests that have begun keep the one that they began with.
 */
export interface Snapshot {
  /** Where requests go, in the order of the configuration. */
  readonly routes: readonly Route[];
  /** What conditions of routes need. */
  readonly conditions: ConditionTools;
  /** Bodies of local replies of no route, by status. */
  readonly errorPages: ErrorPages;
  /** This balancer's name in Via: a token, the same for all workers. */
  readonly instanceName: string;
  readonly limits: Limits;
  /**
   * The ports of https that listeners redirect to, by the names of these listeners; undefined if none does.
   */
  readonly httpsPorts?: ReadonlyMap<string, number> | undefined;
  /**
   * What answers a token that an authority of ACME asks for; undefined if it is not pending. Without it no listener
   * gets certificates by itself.
   */
  readonly challenges?: ((token: string) => Promise<string | undefined>) | undefined;
  /** Whether the X-Forwarded-* of a peer with this address are trusted. */
  readonly isTrusted: (address: string) => boolean;
  /** What entries of the access log have beside the rest. */
  readonly logFields: readonly LogField[];
  /** Called with each request's log entry once its response is out; undefined writes no log. */
  readonly onRequest?: ((entry: AccessEntry) => void) | undefined;
}

/** Where requests come in, and how. */
export interface ListenerAddress {
  readonly name: string;
  /** Of a unix socket its URL, such as `unix:/run/front.sock`. */
  readonly hostname: string;
  /** 0 takes any free port; a unix socket has 0. */
  readonly port: number;
  /** Undefined for a host and a port. */
  readonly unix?: UnixListening | undefined;
  /** Undefined for requests without TLS. */
  readonly tls?: TlsSettings | undefined;
  /** Whether connections begin with a PROXY header, before any TLS. */
  readonly proxyProtocol?: boolean | undefined;
}

/** A unix socket to listen on. */
export interface UnixListening {
  /** An abstract name begins with a zero byte. */
  readonly path: string;
  /** The access mode of its file; undefined leaves what the umask gives. */
  readonly mode: number | undefined;
}

/** TLS of clients, as plain data. */
export interface TlsSettings {
  /** One at least, each checked. */
  readonly certificates: readonly Certificate[];
  /** The oldest version of TLS. */
  readonly minVersion: TlsVersion;
  /** Undefined if clients are asked for no certificates. */
  readonly clientAuthentication?: ClientAuthentication | undefined;
  /** How long browsers are told to use https only, in seconds; undefined tells them nothing. */
  readonly hstsSeconds?: number | undefined;
}

/** A certificate with its key. */
export interface Certificate extends CertificateUse {
  /** With those above it, in PEM. */
  readonly cert: string;
  /** In PEM. */
  readonly key: string;
}

/**
 * What holds for all requests, wherever they go. Times in milliseconds, sizes in bytes. An engine ignores a
 * limit that it cannot measure.
 */
export interface Limits {
  /** Requests in flight, over all workers; one more is answered 503. */
  readonly maxInFlight: number;
  /** Between bytes of a client that gets an answer of our own. */
  readonly idleTimeout: number;
  /** From the first byte of a request's head to its last. */
  readonly headerTimeout: number;
  /** Between two requests on a client's connection. */
  readonly keepAliveTimeout: number;
  /** The largest head of a request. */
  readonly maxHeaderSize: number;
  /** The most field lines of a head, of a request or a response. */
  readonly maxHeaderLines: number;
  /** Client connections at the same time. */
  readonly maxConnections: number;
  /** TLS handshakes at the same time. */
  readonly maxHandshakes: number;
  /** For a TLS handshake. */
  readonly handshakeTimeout: number;
}

/** What changes at once when a reload takes effect. */
export interface Change {
  readonly snapshot: Snapshot;
  /** The uids of the backends that are still there. Connections to others are closed once they are idle. */
  readonly backends: ReadonlySet<number>;
  /**
   * How long tunnels to backends that are gone, and all that came in at listeners that are gone, may go on,
   * in milliseconds.
   */
  readonly drainTimeout: number;
}

/** A reload that can take effect, or be given up: until then nothing has changed. */
export interface Preparation {
  /** Where it will listen, in the order of the listeners. */
  readonly addresses: readonly Deno.NetAddr[];
  commit(change: Change): void;
  /** Closes the listeners that were opened for it. */
  abandon(): void;
}

/** A running engine. */
export interface Engine {
  /** Where it listens at first, in the order of the listeners. */
  readonly addresses: readonly Deno.NetAddr[];
  /** Resolves when it has stopped serving; rejects if a listener broke. */
  readonly finished: Promise<void>;
  /**
   * Begins a reload: opens the listeners that are new. Those with an address that is listened on already go
   * on, whatever they are called.
   *
   * @throws if it cannot listen; then nothing has changed
   */
  prepare(listeners: readonly ListenerAddress[]): Preparation;
  /**
   * Stops: from now on every response closes its connection. After the grace it accepts no more
   * connections, then waits for the requests in flight.
   *
   * @param timeout for all of it, in milliseconds
   * @param grace how long connections are still accepted, in milliseconds: a client then learns of the
   * stop from a response, and does not lose a request
   * @returns how many requests the timeout cut off
   */
  drain(timeout: number, grace: number): Promise<number>;
}
