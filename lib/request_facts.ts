/**
 * All that the core knows about a request. Both engines implement it. Each value is decoded only when it
 * is read, so that values that are not needed cost nothing.
 */
export interface RequestFacts {
  /** As received; methods are case-sensitive (RFC 9110, 9.1). */
  readonly method: string;
  /** Path and query as received; begins with `/`. */
  readonly path: string;
  /** Host and port that the request is for, without userinfo. */
  readonly host: string;
  /** Address of the peer that sent it, without the port. */
  readonly clientAddress: string;
  /** How that peer reaches this balancer: `https` over TLS. */
  readonly scheme: "http" | "https";
  /** The value of a header field, its lines joined by `, `; undefined if there is none. */
  header(name: string): string | undefined;
  /** Whether it has a body that the client may take long to send. */
  readonly hasUpload: boolean;
  /** Whether part of the body that another attempt would have to send is no longer kept. */
  readonly bodySpent: boolean;
  /** Whether timeouts.request has passed: then it is not retried. */
  readonly expired: boolean;
  /** Whether the client has left, so that no answer can reach it. */
  readonly clientGone: boolean;
}
