/** The policies by name. */
import type { PolicyName } from "../config/model.ts";
import { consistentHash } from "./consistent_hash.ts";
import { leastConnections } from "./least_connections.ts";
import { p2c } from "./p2c.ts";
import { peakEwma } from "./peak_ewma.ts";
import type { Policy, PolicyOptions } from "./policy.ts";
import { random } from "./random.ts";
import { roundRobin } from "./round_robin.ts";

/** The names are those of the setting `policy`. */
export const POLICIES = {
  round_robin: () => roundRobin,
  random: () => random,
  least_connections: () => leastConnections,
  p2c: () => p2c,
  peak_ewma: () => peakEwma,
  consistent_hash: consistentHash,
} as const satisfies Record<PolicyName, (options: PolicyOptions) => Policy>;
