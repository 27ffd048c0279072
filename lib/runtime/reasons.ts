/** Why backends are in their state, and since when: what their last events said. */
import type { BackendState } from "../admin/status.ts";
import type { PoolEvent } from "../health/events.ts";

/** What is known of the state of a backend. */
export interface Reason {
  /** In a few words; undefined if it works. */
  readonly text: string | undefined;
  /** In milliseconds since 1970. */
  readonly since: number;
}

/** Failures of requests and probes say something of a backend each for itself. */
type Source = "requests" | "probes";

export class Reasons {
  readonly #now: () => number;
  /** By pool and id. */
  readonly #reasons = new Map<string, Partial<Record<Source, Reason>>>();

  /** @param now in milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes note of what has happened to a backend. */
  note(event: PoolEvent, pool: string): void {
    const source = sourceOf(event);
    if (source === undefined || !("backend" in event)) return;
    const key = `${pool} ${event.backend}`;
    const reason = { text: textOf(event), since: this.#now() };
    this.#reasons.set(key, { ...this.#reasons.get(key), [source]: reason });
  }

  /** @returns undefined if nothing is known: it may always have been in this state, or be so by hand */
  of(pool: string, id: string, state: BackendState): Reason | undefined {
    const { requests, probes } = this.#reasons.get(`${pool} ${id}`) ?? {};
    switch (state) {
      case "ejected":
      case "trial":
        return requests;
      case "down":
        return probes;
      case "in use": {
        const since = Math.max(requests?.since ?? -Infinity, probes?.since ?? -Infinity);
        return since === -Infinity ? undefined : { text: undefined, since };
      }
      case "draining":
      case "removed":
        return undefined;
    }
  }

  /** Forgets the backends that are gone. @param ids of those that are there, by their pools */
  retain(ids: ReadonlyMap<string, readonly string[]>): void {
    const kept = new Set([...ids].flatMap(([pool, all]) => all.map((id) => `${pool} ${id}`)));
    for (const key of this.#reasons.keys()) if (!kept.has(key)) this.#reasons.delete(key);
  }
}

/** @returns undefined if the event does not change the state of a backend */
function sourceOf({ kind }: PoolEvent): Source | undefined {
  switch (kind) {
    case "ejected":
    case "reinstated":
      return "requests";
    case "down":
    case "up":
      return "probes";
    default:
      return undefined;
  }
}

function textOf(event: PoolEvent): string | undefined {
  switch (event.kind) {
    case "ejected":
      return `failures: ${event.failures}: ${event.reason}`;
    case "down":
      return event.reason;
    default:
      return undefined;
  }
}
