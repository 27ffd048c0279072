/** What a user says of one backend in `USERS_SERVICE`. */
export interface BackendConfig {
  /** Scheme, host, port and path prefix, without a trailing slash: `http://users-2:5000/base`. */
  readonly url: string;
  /** Its share of requests relative to the others, 1 to 100. */
  readonly weight: number;
}

/** One server that requests are forwarded to. */
export class Backend {
  /** Stays the same over restarts and over changes of the list's order: the URL without `http://`. */
  readonly id: string;
  /** The prefix that a request's path and query are appended to. */
  readonly url: string;
  readonly weight: number;
  /** Whether its last attempt failed; kept by the pool, so that a change is told once. */
  failing = false;

  constructor(config: BackendConfig) {
    this.url = config.url;
    this.weight = config.weight;
    this.id = config.url.replace(/^http:\/\//, "");
  }
}
