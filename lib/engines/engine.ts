/** What an engine is to the program that runs it: it receives, forwards and responds. */
import type { AccessEntry } from "../logging/access_log.ts";
import type { Clock } from "../time/clock.ts";
import type { Pool } from "../pool/pool.ts";
import type { RetryBudget } from "../retry_budget.ts";
import type { InFlightCount } from "../shared_memory/in_flight_count.ts";

/** What every engine needs; times in milliseconds, sizes in bytes. */
export interface EngineOptions {
  readonly pool: Pool;
  readonly budget: RetryBudget;
  readonly clock: Clock;
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Whether others listen there, too. */
  readonly reusePort: boolean;
  /** Requests in flight. */
  readonly requests: InFlightCount;
  readonly maxAttempts: number;
  readonly limits: Limits;
  /** Whether a peer's X-Forwarded-* are believed. */
  readonly isTrusted: (address: string) => boolean;
  /** Told of each request once its response is out; undefined writes no log. */
  readonly onRequest?: ((entry: AccessEntry) => void) | undefined;
  /** Told of errors that are our own fault. */
  readonly onError: (error: unknown) => void;
  /** Told of what the operator should know, once each time it begins. */
  readonly onWarning: (warning: string) => void;
}

/** How long and how much, in milliseconds and bytes; an engine keeps to those that it can measure. */
export interface Limits {
  /** For a connection to a backend to be there. */
  readonly connectTimeout: number;
  /** For an attempt's answer to begin. */
  readonly firstByteTimeout: number;
  /** Between bytes of a body. */
  readonly idleTimeout: number;
  /** For a request in all; Infinity sets no limit. */
  readonly requestTimeout: number;
  /** Requests in flight, over all workers; one more is answered 503. */
  readonly maxInFlight: number;
  /** How long a connection to a backend may idle. */
  readonly backendIdleTimeout: number;
  /** How long a tunnel may idle. */
  readonly tunnelIdleTimeout: number;
  /** For a head, from its first byte. */
  readonly headerTimeout: number;
  /** Between a client's requests. */
  readonly keepAliveTimeout: number;
  /** Of a head, in bytes. */
  readonly maxHeaderSize: number;
  /** Of clients, at a time. */
  readonly maxConnections: number;
}

/** A running engine. */
export interface Engine {
  readonly address: Deno.NetAddr;
  /** Settles when it serves no more; rejects where the listener broke. */
  readonly finished: Promise<void>;
  /**
   * Tells clients to leave, stops accepting, then waits for what is in flight.
   *
   * @param timeout in milliseconds
   * @param grace for how long connections are still accepted and kept, so that clients hear of it on a
   * response instead of losing a request; in milliseconds
   * @returns how many requests were cut off by the timeout
   */
  drain(timeout: number, grace: number): Promise<number>;
}
