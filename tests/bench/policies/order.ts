/** Whether two measurements put the policies into the same order. */

/** The 99th percentile of one policy's latencies, in milliseconds, measured and simulated. */
export interface Compared {
  readonly policy: string;
  readonly measured: number;
  readonly simulated: number;
}

/** Closer than this in the simulation is a tie, which the measurement may decide either way. */
const TIE = 1.1;

export interface Order {
  /** How many pairs of policies are no tie. */
  readonly decided: number;
  readonly ties: number;
  /** The pairs that stand the other way round in the measurement, first the one that is better simulated. */
  readonly contrary: readonly (readonly [string, string])[];
}

export function compareOrder(policies: readonly Compared[]): Order {
  const sorted = policies.toSorted((a, b) => a.simulated - b.simulated);
  const pairs = sorted.flatMap((better, index) =>
    sorted.slice(index + 1).map((worse) => [better, worse] as const)
  );
  const decided = pairs.filter(([better, worse]) => worse.simulated >= better.simulated * TIE);
  return {
    decided: decided.length,
    ties: pairs.length - decided.length,
    contrary: decided
      .filter(([better, worse]) => worse.measured <= better.measured)
      .map(([better, worse]) => [better.policy, worse.policy]),
  };
}
