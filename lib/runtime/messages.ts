/** The messages between the supervisor and a worker: plain data, and memory that they share. */
import type { LineFormat } from "../logging/access_log.ts";
import type { PoolEvent } from "../health/events.ts";
import type { Revision } from "./revision.ts";

/** What all workers have to do. */
export interface SharedAssignment {
  /** The first one; others follow by orders. */
  readonly revision: Revision;
  /** This balancer's name in Via, unless the configuration gives it one. */
  readonly instanceName: string;
  /** Makes hashes that clients cannot foresee. */
  readonly seed: number;
  /** How access log lines are written, whatever the configuration says; undefined leaves it to that. */
  readonly logFormat: LineFormat | undefined;
}

/** What one worker has to do. */
export interface Assignment extends SharedAssignment {
  /** Its number, from 1. */
  readonly number: number;
  /** How many share the memory, the control plane included. */
  readonly workers: number;
  /** Whether others listen on the same ports. */
  readonly reusePort: boolean;
  /** What there is once: {@linkcode processRecords}. */
  readonly buffer: SharedArrayBuffer;
  /**
   * When the supervisor's clock began, in milliseconds since 1970, as the wall clock says at the moment: a
   * clock of all workers is measured from there.
   */
  readonly wallOrigin: number;
}

/** From the supervisor to a worker. */
export type Order =
  | { readonly kind: "serve"; readonly assignment: Assignment }
  /** Get ready for a revision, and change nothing yet. */
  | { readonly kind: "prepare"; readonly revision: Revision }
  /** From now on serve by the revision with this number, or forget it. */
  | { readonly kind: "commit" | "abandon"; readonly revision: number }
  /** Stop; both times are those of {@linkcode Engine.drain}. */
  | { readonly kind: "drain"; readonly timeout: number; readonly grace: number }
  /** End at once. */
  | { readonly kind: "end" };

/** What comes of the order to get ready for a revision. */
export type Prepared =
  | { readonly kind: "prepared"; readonly addresses: readonly Deno.NetAddr[] }
  /** It cannot serve by it. */
  | { readonly kind: "refused"; readonly message: string }
  /** It died meanwhile, and comes back with the newest revision. */
  | { readonly kind: "gone" };

/** From a worker to the supervisor. */
export type Notice =
  | { readonly kind: "listening"; readonly addresses: readonly Deno.NetAddr[] }
  | { readonly kind: "cannot listen" | "has no sockets"; readonly message: string }
  | { readonly kind: "ready"; readonly revision: number; readonly prepared: Prepared }
  /** It serves by the revision with this number. */
  | { readonly kind: "committed"; readonly revision: number }
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
