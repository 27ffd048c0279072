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
