/** The values of settings: plain data. */

/** One backend of `USERS_SERVICE`. */
export interface BackendConfig {
  /** Scheme, host, port and path prefix, without a trailing slash: `http://users-2:5000/base`. */
  readonly url: string;
  /** Its share of requests relative to the others, 1 to 100. */
  readonly weight: number;
}

/** What consistent hashing hashes of a request. */
export type HashOn =
  | { readonly by: "address" }
  /** The path without the query. */
  | { readonly by: "path" }
  | { readonly by: "header" | "cookie"; readonly name: string };

/** The names of the policies, in the order that help and reports use. */
export const POLICY_NAMES = [
  "round_robin",
  "random",
  "least_connections",
  "p2c",
  "peak_ewma",
  "consistent_hash",
] as const;

export type PolicyName = typeof POLICY_NAMES[number];
