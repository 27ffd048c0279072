/** Tests that a run passes settings, random numbers and times to the parts that need them. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { firstDelay, nextDelay } from "../../../lib/health/probe_schedule.ts";
import { INSTANT_REPLY_MS } from "../../../lib/simulate/run/simulated_backend.ts";
import { drawWorkQuantile } from "../../../lib/simulate/run/work_quantile.ts";
import { createRandomStream } from "../../../lib/simulate/scenario/random_streams.ts";
import { runScenario } from "../../support/simulated.ts";

/** Every other first attempt fails. */
const HALF_BREAKS = {
  requests: "10000",
  backends: "20ms;20ms breaks=0s-24h",
} as const;

/** Recorded requests at a fixed interval, from 0 to the end. */
function arriveEvery(intervalMs: number, endMs: number): string {
  const count = Math.floor(endMs / intervalMs) + 1;
  return Array.from({ length: count }, (_, i) => (i * intervalMs / 1000).toFixed(3)).join("\n");
}

Deno.test("wiring: RETRY_BUDGET limits retries", async () => {
  const set = ["EJECT_AFTER=off", "RETRY_BUDGET=0%"];
  const { retries, errors, errorKinds } = await runScenario({ ...HALF_BREAKS, set });
  // Ten a second are always allowed, over forty seconds.
  assert(retries > 300 && retries < 450, `${retries} retries`);
  assertEquals(errors, 5_000 - retries);
  assertEquals(errorKinds, { connection_terminated: errors });
});

for (const frozen of [1, 2]) {
  Deno.test(`wiring: while ${frozen} of four backends are frozen, none of 16 requests at once is lost for want of retries`, async () => {
    const backends = Array.from({ length: 4 }, (_, i) => i < frozen ? "20ms hangs=0s-1h" : "20ms");
    const arrivals = Array.from({ length: 16 }, () => "0").join("\n");
    const summary = await runScenario({ backends: backends.join(";") }, { arrivals });
    assertEquals([summary.errors, summary.retries], [0, 4 * frozen]);
  });
}

Deno.test("wiring: with MAX_ATTEMPTS=1 no request is retried", async () => {
  const set = ["EJECT_AFTER=off", "RETRY_BUDGET=off", "MAX_ATTEMPTS=1"];
  const { retries, errors } = await runScenario({ ...HALF_BREAKS, set });
  assertEquals([retries, errors], [0, 5_000]);
});

Deno.test("wiring: each attempt of a request draws its own work", async () => {
  const { latency } = await runScenario({
    backends: "1h;uniform(0ms,1s)",
    set: ["FIRST_BYTE_TIMEOUT=2s"],
  }, { arrivals: "0" });
  assertAlmostEquals(latency!.max, 2_000 + drawWorkQuantile(1, 1, 2) * 1_000, 1e-6);
});

/** The times, in milliseconds, at which the second of two backends is probed. */
function computeProbeTimes(seed: number, interval: number, count: number): number[] {
  const random = createRandomStream(seed, "probes");
  const due = [firstDelay(interval, random), firstDelay(interval, random)];
  const times: number[] = [];
  while (times.length < count) {
    const next = due[0]! < due[1]! ? 0 : 1;
    if (next === 1) times.push(due[1]!);
    due[next]! += nextDelay(interval, random);
  }
  return times;
}

/** How many of the requests, one each millisecond, the second backend gets before a time. */
const countBefore = (time: number) => Math.floor(Math.ceil(time) / 2);

for (const seed of [1, 2, 3]) {
  Deno.test(`wiring: with seed ${seed} a hanging backend goes down HEALTH_TIMEOUT after its first probe began`, async () => {
    const { downs, backends: [, hanging] } = await runScenario({
      seed: String(seed),
      backends: "20ms;20ms hangs=0s-1h",
      set: ["HEALTH_PATH=/", "HEALTH_TIMEOUT=700ms", "EJECT_AFTER=off"],
    }, { arrivals: arriveEvery(1, 3_000) });
    // The first probe takes it down alone: HEALTH_FALL counts from the second on.
    const downAt = computeProbeTimes(seed, 5_000, 1)[0]! + 700;
    assertEquals([downs, hanging?.attempts], [1, countBefore(downAt)]);
  });

  Deno.test(`wiring: with seed ${seed} probes are sent every HEALTH_INTERVAL, with jitter`, async () => {
    const { downs, backends: [, failing] } = await runScenario({
      seed: String(seed),
      backends: "20ms;20ms errors=2s-1h",
      set: ["HEALTH_PATH=/", "HEALTH_FALL=3", "HEALTH_INTERVAL=2s"],
    }, { arrivals: arriveEvery(1, 10_000) });
    const bad = computeProbeTimes(seed, 2_000, 5).filter((time) => time >= 2_000);
    const downAt = bad[2]! + INSTANT_REPLY_MS;
    assertEquals([downs, failing?.attempts], [1, countBefore(downAt)]);
  });
}

Deno.test("wiring: HEALTH_STATUS decides which answers are good", async () => {
  const downs = [];
  for (const statuses of ["200-399", "200-599", "500"]) {
    const set = ["HEALTH_PATH=/", "HEALTH_INTERVAL=1s", `HEALTH_STATUS=${statuses}`];
    const backends = "20ms errors=0s-1h;20ms;20ms";
    downs.push((await runScenario({ backends, set }, { arrivals: arriveEvery(10, 10_000) })).downs);
  }
  assertEquals(downs, [1, 0, 2]);
});

Deno.test("wiring: recorded requests without a client come from many clients", async () => {
  const { backends } = await runScenario(
    { policy: "consistent_hash", backends: "20ms;20ms;20ms" },
    { arrivals: arriveEvery(10, 30_000) },
  );
  for (const { share } of backends) assert(share > 0.2 && share < 0.5, `${share}`);
});
