/** Why backends are in their state, and since when: what their last event said. */
import type { PoolEvent } from "../health/events.ts";

/** What is known of the state of a backend. */
export interface Reason {
  /** In a few words; undefined if it works. */
  readonly text: string | undefined;
  /** In milliseconds since 1970. */
  readonly since: number;
}

export class Reasons {
  readonly #now: () => number;
  /** By pool and id. */
  readonly #reasons = new Map<string, Reason>();

  /** @param now in milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes note of what has happened to a backend. */
  note(event: PoolEvent, pool: string): void {
    const text = textOf(event);
    if (text === null || !("backend" in event)) return;
    this.#reasons.set(`${pool} ${event.backend}`, { text, since: this.#now() });
  }

  of(pool: string, id: string): Reason | undefined {
    return this.#reasons.get(`${pool} ${id}`);
  }

  /** Forgets the backends that are gone. @param ids of those that are there, by their pools */
  retain(ids: ReadonlyMap<string, readonly string[]>): void {
    const kept = new Set([...ids].flatMap(([pool, all]) => all.map((id) => `${pool} ${id}`)));
    for (const key of this.#reasons.keys()) if (!kept.has(key)) this.#reasons.delete(key);
  }
}

/** @returns null if the event does not change the state of a backend */
function textOf(event: PoolEvent): string | undefined | null {
  switch (event.kind) {
    case "ejected":
      return `failures: ${event.failures}: ${event.reason}`;
    case "down":
      return event.reason;
    case "reinstated":
    case "up":
      return undefined;
    default:
      return null;
  }
}
