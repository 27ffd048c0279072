/** What resolving a name came to. */
import type { Failure } from "./failure.ts";

/** Where a connection can go. */
export interface Endpoint {
  /** The name whose address it is: the one that was asked for, or the target of an SRV record. */
  readonly name: string;
  readonly address: string;
  /** What the SRV record says; undefined if it was not asked for. */
  readonly service?: EndpointService;
}

export interface EndpointService {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
}

/** A part of the answer that is missing: what is known of these addresses stays as it is. */
export interface Unanswered {
  readonly name: string;
  /** The version of the addresses. */
  readonly version: 4 | 6;
  readonly failure: Failure;
}

export interface Found {
  readonly kind: "found";
  /** At least one. */
  readonly endpoints: readonly Endpoint[];
  readonly ttlMs: number;
  readonly unanswered: readonly Unanswered[];
  /** Whether there are more than are used. */
  readonly isCut: boolean;
}

/** Nothing is known of the name now, so nothing changes. */
export interface NoNews {
  readonly kind: "no news";
  readonly failure: Failure;
}

export type Answer = Found | NoNews;

/** More endpoints of one name are not used. */
export const MAX_ENDPOINTS = 1000;

/** @param endpoints in any order; each once is enough */
export function found(
  endpoints: readonly Endpoint[],
  ttlMs: number,
  unanswered: readonly Unanswered[],
): Found {
  // Servers change the order with each answer: which ones are used must not.
  const sorted = endpoints.toSorted((one, other) =>
    (one.service?.priority ?? 0) - (other.service?.priority ?? 0) ||
    compareText(one.address, other.address) ||
    (one.service?.port ?? 0) - (other.service?.port ?? 0)
  );
  return {
    kind: "found",
    endpoints: sorted.slice(0, MAX_ENDPOINTS),
    ttlMs,
    unanswered,
    isCut: sorted.length > MAX_ENDPOINTS,
  };
}

/** Orders texts by their characters, whatever the language of the system. */
export function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
