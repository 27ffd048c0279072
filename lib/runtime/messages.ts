/** The messages between the supervisor and a worker: plain data, and memory that they share. */
import type { LineFormat } from "../logging/access_log.ts";
import type { Configuration } from "../config/model.ts";
import type { Limits, ListenerAddress } from "../engines/engine.ts";
import type { PoolEvent } from "../health/events.ts";
import type { Extent } from "../shared_memory/layout.ts";
import type { SharedGuards } from "./guard_tools.ts";

/** What all workers have to do. */
export interface SharedAssignment {
  readonly config: Configuration;
  /** This balancer's name in Via. */
  readonly instanceName: string;
  /** Where requests come in; port 0 takes any free one. */
  readonly listeners: readonly ListenerAddress[];
  readonly limits: Limits;
  readonly guards: SharedGuards;
  /** How access log lines are written; undefined writes none. */
  readonly logFormat: LineFormat | undefined;
}

/** What one worker has to do. */
export interface Assignment extends SharedAssignment {
  /** Its number, from 1. */
  readonly number: number;
  /** Whether other workers listen on the same ports. */
  readonly reusePort: boolean;
  readonly buffer: SharedArrayBuffer;
  readonly extent: Extent;
  /**
   * When the supervisor's clock began, in milliseconds since 1970, as the wall clock says at the moment: a
   * clock of all workers is measured from there.
   */
  readonly wallOrigin: number;
}

/** From the supervisor to a worker. */
export type Order =
  | { readonly kind: "serve"; readonly assignment: Assignment }
  /** Stop; both times are those of {@linkcode Engine.drain}. */
  | { readonly kind: "drain"; readonly timeout: number; readonly grace: number };

/** From a worker to the supervisor. */
export type Notice =
  | { readonly kind: "listening"; readonly addresses: readonly Deno.NetAddr[] }
  | { readonly kind: "cannot listen"; readonly message: string }
  | LogNotice
  /** Its clock ticks again after a sleep, so the shared time is needed. */
  | { readonly kind: "awake" }
  /** The worker ends, by an error that nothing handled. */
  | { readonly kind: "died"; readonly reason: string }
  /** The worker has stopped; `cut` requests were cut off. */
  | { readonly kind: "drained"; readonly cut: number };

/** From a worker, or the control plane, to the logs: see {@linkcode LogRouter}. */
export type LogNotice =
  /** For the program's log: a change of a backend's health. */
  | { readonly kind: "event"; readonly event: PoolEvent; readonly pool: string }
  /** A fault of this program. */
  | { readonly kind: "fault"; readonly message: string }
  /** Trouble that may go on, and that other workers may have as well; what varies follows `: `. */
  | { readonly kind: "warning"; readonly message: string }
  /** Access log lines, separated by line feeds; the last line has none. */
  | { readonly kind: "lines"; readonly lines: string };
