/** Who sends the requests of a connection. */

/** `https` over TLS. */
export type Scheme = "http" | "https";

export interface Peer {
  /** Without its port; an IPv4 address is not mapped to IPv6. */
  readonly address: string;
  /** How it reaches this balancer. */
  readonly scheme: Scheme;
  /**
   * The certificate that it has proved to have, as the value of Client-Cert (RFC 9440, 2.1); undefined if it
   * has proved none.
   */
  readonly clientCert?: string | undefined;
}
