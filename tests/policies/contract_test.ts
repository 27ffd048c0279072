/** What holds for every policy. */
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { Backend } from "../../lib/backends/backend.ts";
import { DECAY_MS } from "../../lib/backends/ewma.ts";
import { POLICY_NAMES, type PolicyName } from "../../lib/config/model.ts";
import { backendsOf, contextOf, facts, policyOf, putInFlight } from "../support/fakes.ts";
import { countsUnder } from "../support/policy_load.ts";
import { seeded } from "../support/random.ts";

/** Any condition that a candidate may be in. */
const CONDITION = fc.record({
  weight: fc.integer({ min: 1, max: 100 }),
  inFlight: fc.nat(50),
  latency: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
});
const CONDITIONS = fc.array(CONDITION, { minLength: 1, maxLength: 30 });

type Condition = { weight: number; inFlight: number; latency: number | undefined };

function backendsIn(conditions: readonly Condition[]): Backend[] {
  const backends = backendsOf(conditions.map(({ weight }) => weight));
  conditions.forEach(({ inFlight, latency }, index) => {
    putInFlight(backends[index]!, inFlight);
    if (latency !== undefined) backends[index]!.latency = { average: latency, at: 0 };
  });
  return backends;
}

const CONTEXT = fc.record({
  turn: fc.nat(2 ** 32 - 1),
  number: fc.integer({ min: 1, max: 5 }),
  now: fc.nat(10 * DECAY_MS),
  seed: fc.nat(),
  client: fc.ipV4(),
});

type Given = { turn: number; number: number; now: number; seed: number; client: string };

function contextFrom({ turn, number, now, seed, client }: Given) {
  const request = facts({ clientAddress: client });
  return contextOf({ request, turn, number, now, random: seeded(seed) });
}

for (const name of POLICY_NAMES) {
  Deno.test(`${name}: picks one of the candidates, whatever their condition`, () => {
    fc.assert(fc.property(CONDITIONS, CONTEXT, (conditions, given) => {
      const backends = backendsIn(conditions);
      assert(backends.includes(policyOf(name).pick(backends, contextFrom(given))));
    }));
  });

  Deno.test(`${name}: picks one of the candidates if random numbers are at their limits`, () => {
    fc.assert(fc.property(CONDITIONS, fc.constantFrom(0, 1 - 2 ** -53), (conditions, luck) => {
      const backends = backendsIn(conditions);
      const policy = policyOf(name);
      for (const number of [1, 2]) {
        assert(backends.includes(policy.pick(backends, contextOf({ number, random: () => luck }))));
      }
    }));
  });

  Deno.test(`${name}: picks the only candidate`, () => {
    fc.assert(fc.property(CONDITION, CONTEXT, (condition, given) => {
      const backends = backendsIn([condition]);
      assertStrictEquals(policyOf(name).pick(backends, contextFrom(given)), backends[0]);
    }));
  });

  Deno.test(`${name}: a pick depends only on its arguments, not on earlier picks`, () => {
    fc.assert(fc.property(CONDITIONS, fc.array(CONTEXT, { minLength: 1 }), (conditions, all) => {
      const backends = backendsIn(conditions);
      const policy = policyOf(name);
      const picks = all.map((given) => policy.pick(backends, contextFrom(given)).id);
      const again = all.toReversed().map((given) => policy.pick(backends, contextFrom(given)).id);
      assertEquals(again.toReversed(), picks);
      const elsewhere = policyOf(name);
      const others = backendsIn(conditions);
      assertEquals(all.map((given) => elsewhere.pick(others, contextFrom(given)).id), picks);
    }));
  });

  Deno.test(`${name}: a pick changes nothing`, () => {
    fc.assert(fc.property(CONDITIONS, CONTEXT, (conditions, given) => {
      const backends = backendsIn(conditions);
      const told = () =>
        backends.map(({ state, inFlight, latency, weight }) => ({
          state,
          inFlight,
          latency,
          weight,
        }));
      const before = told();
      policyOf(name).pick(backends, contextFrom(given));
      assertEquals(told(), before);
    }));
  });

  for (const inFlight of [0, 1, 7, 40]) {
    for (const weights of [[1, 1], [4, 4, 4, 4, 4], [3, 2, 1], [10, 1], [1, 5, 5, 20]]) {
      const bounds = boundsOf(name, weights);
      Deno.test(`${name}: with ${inFlight} in flight, each of the weights ${weights} gets ${bounds.join(" to ")} of its share`, () => {
        for (const order of [weights, weights.toReversed()]) {
          const backends = backendsOf(order);
          const picks = 40_000;
          const policy = policyOf(name);
          const luck = seeded(2);
          const latency = () => 5 + 10 * luck();
          const random = seeded(1);
          const counts = countsUnder({ policy, backends, picks, inFlight, random, latency });
          const sum = weights.reduce((total, weight) => total + weight, 0);
          for (const backend of backends) {
            const share = counts.get(backend)! / picks / (backend.weight / sum);
            const [least, most] = bounds;
            assert(share >= least && share <= most, `weight ${backend.weight}: ${share}`);
          }
        }
      });
    }
  }

  Deno.test(`${name}: keeps no memory of lists of candidates or of picks`, async () => {
    growths ??= measureGrowths(); // one process for all policies: to start it costs more than to measure
    const growth = (await growths)[name];
    assert(growth < 500_000, `${growth} bytes`);
  });
}

let growths: Promise<Record<PolicyName, number>> | undefined;

/** By how many bytes the heap grows over many picks. */
async function measureGrowths(): Promise<Record<PolicyName, number>> {
  const script = new URL("../support/heap_growth.ts", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--frozen", "--v8-flags=--expose-gc", script],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assert(success, decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout));
}

/**
 * The bounds of what a backend may get of its share if all are equally fast: within a twentieth, or a tenth
 * for policies that use latencies, which are never exactly equal. The bounds are wider for unequal weights
 * and policies that use requests in flight: one request is a large part of a light backend's load.
 */
function boundsOf(name: PolicyName, weights: readonly number[]): readonly [number, number] {
  const policy = policyOf(name);
  if (policy.prefersIdle && new Set(weights).size > 1) return [0.5, 2];
  return policy.observe === undefined ? [0.95, 1.05] : [0.9, 1.1];
}
