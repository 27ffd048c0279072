/**
 * What a pick among 1,000 backends costs, for every policy: idle, loaded, and with weights. It must stay
 * under 2 µs. Use: `deno task bench`
 */
import { POLICY_NAMES } from "../../lib/config/model.ts";
import { POLICIES } from "../../lib/policies/mod.ts";
import type { Policy } from "../../lib/policies/policy.ts";
import { Backend } from "../../lib/backends/backend.ts";
import { contextOf, facts, policyOf, putInFlight } from "../support/fakes.ts";
import { seeded } from "../support/random.ts";

const SIZE = 1_000;

interface Condition {
  readonly weight: (random: () => number) => number;
  readonly inFlight: (random: () => number) => number;
}

const CONDITIONS: Record<string, Condition> = {
  "idle": { weight: () => 1, inFlight: () => 0 },
  "loaded": { weight: () => 1, inFlight: (random) => 20 + Math.floor(random() * 5) },
  "evenly loaded": { weight: () => 1, inFlight: () => 20 },
  "one in 200 less loaded": { weight: () => 1, inFlight: (random) => random() < 0.005 ? 19 : 20 },
  "100 weights, loaded": {
    weight: (random) => 1 + Math.floor(random() * 100),
    inFlight: (random) => 20 + Math.floor(random() * 5),
  },
  "three weights, loaded": {
    weight: (random) => 1 + Math.floor(random() * 3),
    inFlight: (random) => 20 + Math.floor(random() * 5),
  },
};

const policies: [string, Policy][] = POLICY_NAMES.map((name) => [name, policyOf(name)]);
const hashKey = ({ clientAddress }: { clientAddress: string }) => clientAddress;
policies.push([
  "consistent_hash, bounded",
  POLICIES.consistent_hash({ hashKey, hashBalance: 1.25 }),
]);

for (const [name, policy] of policies) {
  for (const [condition, { weight, inFlight }] of Object.entries(CONDITIONS)) {
    const random = seeded(1);
    const backends = Array.from({ length: SIZE }, (_, place) =>
      new Backend(
        { url: `http://users-${place}:5000`, weight: weight(random) },
      ));
    for (const backend of backends) {
      putInFlight(backend, inFlight(random) * backend.weight);
      backend.latency = { average: 5 + 10 * random(), at: 0 };
    }
    const contexts = Array.from({ length: 1024 }, (_, turn) => {
      const request = facts({ clientAddress: `192.0.2.${turn}` });
      return contextOf({ request, turn, now: 5, random: Math.random });
    });
    let turn = 0;
    let sum = 0;
    Deno.bench(`${name} among 1,000, ${condition}`, () => {
      sum += policy.pick(backends, contexts[turn++ & 1023]!).weight;
    });
    if (sum < 0) throw new Error("a pick must not be optimized away");
  }
}
