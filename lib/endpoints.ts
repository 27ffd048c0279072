/** The two ends of a client's connection, as PROXY headers name them. */

export interface Endpoint {
  /** Without brackets. */
  readonly address: string;
  readonly port: number;
}

export interface Endpoints {
  /** The client's. */
  readonly source: Endpoint;
  /** What it connected to. */
  readonly destination: Endpoint;
}
