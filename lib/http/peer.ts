/** Who sends the requests of a connection. */

import type { Endpoints } from "../endpoints.ts";

/** `https` over TLS. */
export type Scheme = "http" | "https";

export interface Peer {
  /** Without its port; an IPv4 address is not mapped to IPv6. */
  readonly address: string;
  /** How it reaches this balancer. */
  readonly scheme: Scheme;
  /** Both ends of its connection, or of the one that a PROXY header names; undefined if they have no addresses. */
  readonly endpoints?: Endpoints | undefined;
}
