import { assertEquals, assertRejects } from "@std/assert";
import type { Backend } from "../../lib/backends/backend.ts";
import type { ServingPool } from "../../lib/routing/route.ts";
import { ByHand, type ByHandOptions } from "../../lib/runtime/by_hand.ts";
import type { ResolvedConfiguration } from "../../lib/runtime/revision.ts";
import { NO_STATE } from "../../lib/shared_memory/state.ts";

const URL = "http://a:81";

/** Backend a, which the file gives the weight 1. What is set by hand takes effect when the test lets it. */
function start() {
  const backend = { id: "a:81", url: URL, weight: 1, mode: "ready", inFlight: 0 };
  const pool = { pool: { backends: [backend as unknown as Backend] } } as unknown as ServingPool;
  const file = { pools: { users: { backends: [{ url: URL, weight: 1 }] } } };
  const logged: string[] = [];
  const waiting: PromiseWithResolvers<void>[] = [];
  let refusal: string | undefined;
  const byHand: ByHand = new ByHand(
    {
      pools: { all: new Map([["users", pool]]) },
      async refresh() {
        const allowed = Promise.withResolvers<void>();
        waiting.push(allowed);
        await allowed.promise;
        if (refusal !== undefined) return refusal;
        const config = byHand.apply(file as unknown as ResolvedConfiguration);
        backend.weight = config.pools["users"]!.backends[0]!.weight;
        return undefined;
      },
      state: () => NO_STATE,
      isStopping: () => false,
      log: (message) => logged.push(message),
    } satisfies ByHandOptions,
  );
  return {
    byHand,
    backend,
    logged,
    refuse: (reason: string) => refusal = reason,
    /** Lets the next one take effect. */
    async next() {
      await new Promise((resolve) => setTimeout(resolve));
      waiting.shift()!.resolve();
    },
  };
}

Deno.test("by hand: of two weights that are set at the same time the later one stays", async () => {
  const { byHand, backend, logged, next } = start();
  const five = byHand.setWeight("users", URL, 5);
  const one = byHand.setWeight("users", URL, 1);
  await next();
  await five;
  await next();
  assertEquals(await one, { kind: "changed", inFlight: 0, draining: false, weight: 1 });
  assertEquals(backend.weight, 1);
  assertEquals(logged, [
    "pool users: a:81 has the weight 5, set by hand",
    "pool users: a:81 has the weight 1, set by hand",
  ]);
});

Deno.test("by hand: a weight that is set again is answered when it applies, and logged once", async () => {
  const { byHand, logged, next } = start();
  const first = byHand.setWeight("users", URL, 5);
  const again = byHand.setWeight("users", URL, 5);
  await next();
  await first;
  assertEquals(await again, { kind: "changed", inFlight: 0, draining: false, weight: 5 });
  assertEquals(logged, ["pool users: a:81 has the weight 5, set by hand"]);
});

Deno.test("by hand: each of many weights that are set at the same time is compared with the one before it", async () => {
  const { byHand, backend, next } = start();
  const setting = [5, 1, 3].map((weight) => byHand.setWeight("users", URL, weight));
  for (const _ of setting) await next();
  const set = await Promise.all(setting);
  assertEquals(set.map((changed) => changed.kind === "changed" && changed.weight), [5, 1, 3]);
  assertEquals(byHand.configuredWeight("users", backend as unknown as Backend), 1);
});

Deno.test("by hand: a weight that workers refuse is not kept", async () => {
  const { byHand, backend, refuse, next } = start();
  refuse("worker 1 does not answer");
  const setting = byHand.setWeight("users", URL, 5);
  await next();
  await assertRejects(() => setting, Error, "worker 1 does not answer");
  assertEquals(byHand.isSet("users", backend as unknown as Backend), false);
});
