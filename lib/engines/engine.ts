/** The contract of an engine: it receives requests, forwards them and responds. */
import type { AccessEntry } from "../logging/access_log.ts";
import type { Clock } from "../time/clock.ts";
import type { Pool } from "../pool/pool.ts";
import type { RetryBudget } from "../retry_budget.ts";
import type { InFlightCount } from "../shared_memory/in_flight_count.ts";

/** What every engine needs. */
export interface EngineOptions {
  readonly pool: Pool;
  readonly budget: RetryBudget;
  readonly clock: Clock;
  /** This balancer's name in Via: a token, the same for all workers. */
  readonly instanceName: string;
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Whether several workers listen on the same port. */
  readonly reusePort: boolean;
  /** Counts the requests in flight, over all workers. */
  readonly requests: InFlightCount;
  /** Attempts per request, 1 or more. */
  readonly maxAttempts: number;
  readonly limits: Limits;
  /** Whether the X-Forwarded-* of a peer with this address are trusted. */
  readonly isTrusted: (address: string) => boolean;
  /** Called with each request's log entry once its response is out; undefined writes no log. */
  readonly onRequest?: ((entry: AccessEntry) => void) | undefined;
  /** Called with errors that are faults of this program. */
  readonly onError: (error: unknown) => void;
  /** Called with what the operator should know, once each time it begins. */
  readonly onWarning: (warning: string) => void;
}

/** Times in milliseconds, sizes in bytes. An engine ignores a limit that it cannot measure. */
export interface Limits {
  /** For connecting to a backend. */
  readonly connectTimeout: number;
  /** Until the first byte of a backend's response. */
  readonly firstByteTimeout: number;
  /** Between bytes of a body. */
  readonly idleTimeout: number;
  /** From a request's head to the last byte of its response; Infinity for no limit. */
  readonly requestTimeout: number;
  /** Requests in flight, over all workers; one more is answered 503. */
  readonly maxInFlight: number;
  /** How long a connection to a backend may be idle. */
  readonly backendIdleTimeout: number;
  /** How long a tunnel may be idle. */
  readonly tunnelIdleTimeout: number;
  /** The same once one of its sides sends no more. */
  readonly halfClosedTimeout: number;
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
}

/** A running engine. */
export interface Engine {
  readonly address: Deno.NetAddr;
  /** Resolves when it has stopped serving; rejects if the listener broke. */
  readonly finished: Promise<void>;
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
