/** Who sends the requests of a connection. */

import type { Endpoints } from "../endpoints.ts";

/** `https` over TLS. */
export type Scheme = "http" | "https";

/** The address of peers that are connected to a unix socket, as nginx writes it: they have none. */
export const UNIX_PEER = "unix:";

export interface Peer {
  /** Without its port; an IPv4 address is not mapped to IPv6. Or {@linkcode UNIX_PEER}. */
  readonly address: string;
  /** How it reaches this balancer. */
  readonly scheme: Scheme;
  /** Both ends of its connection, or of the one that a PROXY header names; undefined if they have no addresses. */
  readonly endpoints?: Endpoints | undefined;
  /**
   * The certificate that it has proved to have, as the value of Client-Cert (RFC 9440, 2.1); undefined if it
   * has proved none.
   */
  readonly clientCert?: string | undefined;
}
