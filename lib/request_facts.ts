/**
 * All that the core knows of a request. Both engines implement it; each value is decoded when asked
 * for, so that a request nobody looks into costs nothing.
 */
export interface RequestFacts {
  /** As received; methods are case-sensitive (RFC 9110, 9.1). */
  readonly method: string;
  /** Path and query as received, starting with `/`. */
  readonly path: string;
  /** Host and port that the request is for, without userinfo. */
  readonly host: string;
  /** Address of the peer that sent it, without its port. */
  readonly clientAddress: string;
  /** The value of a field, its lines joined by `, `; undefined where there is none. */
  header(name: string): string | undefined;
  /** Whether it has a body whose client may take its time over it. */
  readonly hasUpload: boolean;
  /** Whether body bytes are gone that another attempt would have to send. */
  readonly bodySpent: boolean;
  /** Whether REQUEST_TIMEOUT has passed: then it is not sent again. */
  readonly expired: boolean;
  /** Whether the client has left: then no answer can reach it. */
  readonly clientGone: boolean;
}
