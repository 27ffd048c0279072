/**
 * Prints as JSON by how many bytes the heap grows over many picks of each policy, over lists that stay and
 * over lists that come and go. Use: `deno run --v8-flags=--expose-gc tests/support/heap_growth.ts`
 */
import { POLICY_NAMES, type PolicyName } from "../../lib/config/model.ts";
import { backendsOf, equal, policyOf } from "./fakes.ts";
import { countsUnder } from "./policy_load.ts";
import { seeded } from "./random.ts";

const { gc } = globalThis as { gc?: () => void };
if (gc === undefined) throw new Error("see how it is used");

function growthOf(name: PolicyName): number {
  const policy = policyOf(name);
  const random = seeded(1);
  const backends = backendsOf(equal(50));

  function pickALot(): void {
    countsUnder({ policy, backends, picks: 5_000, inFlight: 20, random });
    for (let i = 0; i < 2_000; i++) {
      const others = backends.filter((_, index) => index !== i % 50);
      countsUnder({ policy, backends: others, picks: 1, inFlight: 0, random });
    }
  }

  for (let i = 0; i < 3; i++) pickALot(); // what is compiled and cached once
  const before = heapAfterCollection();
  for (let i = 0; i < 5; i++) pickALot();
  return heapAfterCollection() - before;
}

function heapAfterCollection(): number {
  gc!();
  gc!();
  return Deno.memoryUsage().heapUsed;
}

const growths = Object.fromEntries(POLICY_NAMES.map((name) => [name, growthOf(name)]));
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(growths)));
