/** The endpoints of a name, from one answer to the next: which ones are new, and which ones leave. */
import { isIP } from "../net/is_ip.ts";
import type { Endpoint, Found } from "../net/resolver/answer.ts";

interface Known {
  readonly endpoint: Endpoint;
  /** Whether the last answer that could have it lacked it. */
  readonly isMissing: boolean;
}

export interface Difference {
  /** Whether an endpoint has come or left, or has another weight or priority. */
  readonly isChanged: boolean;
  /** Whether the answer lacks an endpoint that had been in the one before. */
  readonly lacksSome: boolean;
}

export class KnownEndpoints {
  #known = new Map<string, Known>();

  /** In an order that does not depend on that of the answers. */
  get endpoints(): readonly Endpoint[] {
    return [...this.#known].sort(([one], [other]) => one < other ? -1 : 1)
      .map(([, { endpoint }]) => endpoint);
  }

  /**
   * A new endpoint is known at once. One that is known leaves only if two answers in a row lack it: servers
   * forget some for a moment, and send only some of many. Where a part of the answer is missing, nothing
   * leaves.
   */
  take({ endpoints, unanswered }: Found): Difference {
    const before = this.#known;
    const after = new Map<string, Known>();
    let isChanged = false, lacksSome = false;
    for (const endpoint of endpoints) {
      const key = keyOf(endpoint);
      // Of two records for the same one, the first has the better priority.
      if (after.has(key)) continue;
      after.set(key, { endpoint, isMissing: false });
      isChanged ||= !isSame(before.get(key)?.endpoint, endpoint);
    }
    for (const [key, known] of before) {
      if (after.has(key)) continue;
      if (isUnanswered(known.endpoint, unanswered)) {
        after.set(key, known);
      } else if (!known.isMissing) {
        after.set(key, { ...known, isMissing: true });
        lacksSome = true;
      } else {
        isChanged = true;
      }
    }
    this.#known = after;
    return { isChanged, lacksSome };
  }
}

function keyOf({ address, service }: Endpoint): string {
  return service === undefined ? address : `${address} ${service.port}`;
}

function isUnanswered({ name, address }: Endpoint, unanswered: Found["unanswered"]): boolean {
  return unanswered.some((part) => part.name === name && part.version === isIP(address));
}

function isSame(one: Endpoint | undefined, other: Endpoint): boolean {
  return one !== undefined && one.name === other.name &&
    one.service?.weight === other.service?.weight &&
    one.service?.priority === other.service?.priority;
}
