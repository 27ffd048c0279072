/**
 * Prints by how many bytes the heap grows over many picks of the policy that is named, over lists that stay
 * and over lists that come and go. Use: `deno run --v8-flags=--expose-gc tests/support/heap_growth.ts NAME`
 */
import { POLICY_NAMES } from "../../lib/config/model.ts";
import { backendsOf, equal, policyOf } from "./fakes.ts";
import { countsUnder } from "./policy_load.ts";
import { seeded } from "./random.ts";

const { gc } = globalThis as { gc?: () => void };
const name = POLICY_NAMES.find((name) => name === Deno.args[0]);
if (gc === undefined || name === undefined) throw new Error("see how it is used");

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

function heapAfterCollection(): number {
  gc!();
  gc!();
  return Deno.memoryUsage().heapUsed;
}

for (let i = 0; i < 3; i++) pickALot(); // what is compiled and cached once
const before = heapAfterCollection();
for (let i = 0; i < 5; i++) pickALot();
Deno.stdout.writeSync(new TextEncoder().encode(`${heapAfterCollection() - before}`));
