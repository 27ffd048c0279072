/** Whether a run gives each part what belongs to it: settings, chance, times. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { firstDelay, nextDelay } from "../../lib/health/probe_schedule.ts";
import { quantileFor, stream } from "../../lib/simulate/run/random.ts";
import { AT_ONCE_MS } from "../../lib/simulate/run/simulated_backend.ts";
import { runOf } from "../support/simulated.ts";

/** Every other attempt is broken off, and nothing is ejected for it. */
const HALF_BREAKS = {
  requests: "10000",
  backends: "20ms;20ms breaks=0s-24h",
} as const;

/** A request every so many milliseconds, for so many. */
function every(milliseconds: number, length: number): string {
  const count = Math.floor(length / milliseconds) + 1;
  return Array.from({ length: count }, (_, i) => (i * milliseconds / 1000).toFixed(3)).join("\n");
}

Deno.test("wiring: RETRY_BUDGET holds retries back", async () => {
  const set = ["EJECT_AFTER=off", "RETRY_BUDGET=0%"];
  const { retries, errors, errorKinds } = await runOf({ ...HALF_BREAKS, set });
  // Three a second are free, over forty seconds.
  assert(retries > 60 && retries < 200, `${retries} retries`);
  assertEquals(errors, 5_000 - retries);
  assertEquals(errorKinds, { connection_terminated: errors });
});

Deno.test("wiring: MAX_ATTEMPTS=1 is one attempt each", async () => {
  const set = ["EJECT_AFTER=off", "RETRY_BUDGET=off", "MAX_ATTEMPTS=1"];
  const { retries, errors } = await runOf({ ...HALF_BREAKS, set });
  assertEquals([retries, errors], [0, 5_000]);
});

Deno.test("wiring: attempts of one request have a luck of their own", async () => {
  const { latency } = await runOf({
    backends: "1h;uniform(0ms,1s)",
    set: ["FIRST_BYTE_TIMEOUT=2s"],
  }, { arrivals: "0" });
  assertAlmostEquals(latency!.max, 2_000 + quantileFor(1, 1, 2) * 1_000, 1e-6);
});

/** When the second of two backends is probed, in milliseconds: what its own rhythm says. */
function probesOfSecond(seed: number, interval: number, count: number): number[] {
  const random = stream(seed, "probes");
  const due = [firstDelay(interval, random), firstDelay(interval, random)];
  const times: number[] = [];
  while (times.length < count) {
    const next = due[0]! < due[1]! ? 0 : 1;
    if (next === 1) times.push(due[1]!);
    due[next]! += nextDelay(interval, random);
  }
  return times;
}

/** How many of requests, one a millisecond, a second backend gets by turns before that time. */
const turnsBefore = (time: number) => Math.floor(Math.ceil(time) / 2);

for (const seed of [1, 2, 3]) {
  Deno.test(`wiring: with seed ${seed} a hanging backend is down HEALTH_TIMEOUT after a probe began`, async () => {
    const { downs, backends: [, hanging] } = await runOf({
      seed: String(seed),
      backends: "20ms;20ms hangs=0s-1h",
      set: ["HEALTH_PATH=/", "HEALTH_TIMEOUT=700ms", "EJECT_AFTER=off"],
    }, { arrivals: every(1, 3_000) });
    // The first probe of all is enough.
    const downAt = probesOfSecond(seed, 5_000, 1)[0]! + 700;
    assertEquals([downs, hanging?.attempts], [1, turnsBefore(downAt)]);
  });

  Deno.test(`wiring: with seed ${seed} probes come by HEALTH_INTERVAL with its jitter`, async () => {
    const { downs, backends: [, failing] } = await runOf({
      seed: String(seed),
      backends: "20ms;20ms errors=2s-1h",
      set: ["HEALTH_PATH=/", "HEALTH_FALL=3", "HEALTH_INTERVAL=2s"],
    }, { arrivals: every(1, 10_000) });
    const bad = probesOfSecond(seed, 2_000, 5).filter((time) => time >= 2_000);
    const downAt = bad[2]! + AT_ONCE_MS;
    assertEquals([downs, failing?.attempts], [1, turnsBefore(downAt)]);
  });
}

Deno.test("wiring: HEALTH_STATUS says which answers are good", async () => {
  const downs = [];
  for (const statuses of ["200-399", "200-599", "500"]) {
    const set = ["HEALTH_PATH=/", "HEALTH_INTERVAL=1s", `HEALTH_STATUS=${statuses}`];
    const backends = "20ms errors=0s-1h;20ms;20ms";
    downs.push((await runOf({ backends, set }, { arrivals: every(10, 10_000) })).downs);
  }
  assertEquals(downs, [1, 0, 2]);
});

Deno.test("wiring: recorded requests without a client come from many", async () => {
  const { backends } = await runOf(
    { policy: "consistent_hash", backends: "20ms;20ms;20ms" },
    { arrivals: every(10, 30_000) },
  );
  for (const { share } of backends) assert(share > 0.2 && share < 0.5, `${share}`);
});
