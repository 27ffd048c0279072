/** What the admin port can see and change. The control plane does it; here only the requests are known. */
import type { Status } from "./status.ts";

export interface Control {
  readonly status: () => Status;
  /** Reads the configuration again, and applies it as a whole or not at all. */
  readonly reload: () => Promise<Reloaded>;
  /** What a reload would come to now; nothing changes. */
  readonly preview: () => Promise<Reloaded>;
  /** Begins a stop: gives up the admin port at once, and lets what is in flight finish. */
  readonly stop: () => void;
  /** Lets a backend finish what it has, without new requests but those that belong to it by a sticky cookie. */
  readonly drain: (pool: string, backend: string) => Promise<Changed>;
  /** Takes a drain back. */
  readonly ready: (pool: string, backend: string) => Promise<Changed>;
  /** @param weight a whole number from 0 to 100 */
  readonly setWeight: (pool: string, backend: string, weight: number) => Promise<Changed>;
}

/** What came of a reload. */
export type Reloaded =
  | {
    readonly kind: "applied";
    /** The number of the configuration that applies now. */
    readonly number: number;
    /** A line for each change; empty if nothing has changed, and then the number is the same. */
    readonly changes: readonly string[];
  }
  /** With every problem, as `check` prints it: one line, or several with an excerpt of the file. */
  | { readonly kind: "refused"; readonly problems: readonly string[] }
  | Stopping;

/** What came of a change of one backend. */
export type Changed =
  | {
    readonly kind: "changed";
    readonly inFlight: number;
    readonly draining: boolean;
    readonly weight: number;
  }
  /** With the names that exist. */
  | { readonly kind: "unknown pool"; readonly pools: readonly string[] }
  /** With the ids that exist. */
  | { readonly kind: "unknown backend"; readonly backends: readonly string[] }
  | Stopping;

/** The balancer drains itself: nothing can be changed any more. */
export interface Stopping {
  readonly kind: "stopping";
}
