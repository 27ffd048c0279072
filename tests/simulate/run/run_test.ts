import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { POLICY_NAMES } from "../../../lib/config/model.ts";
import type { SimulateFlags } from "../../../lib/simulate/scenario/scenario.ts";
import { runScenario } from "../../support/simulated.ts";

/** Four backends, the last one with these options. */
const oneOfFour = (options: string) => `20ms;20ms;20ms;20ms ${options}`;

/** 40 seconds of requests, half of them POSTs. */
const MIXED = { requests: "10000", posts: "50%" } as const;

for (const policy of POLICY_NAMES) {
  Deno.test(`run: under ${policy} the same seed gives the same results, and another seed different ones`, async () => {
    const flags = { requests: "3000", posts: "20%", policy, backends: oneOfFour("breaks=2s-4s") };
    const text = JSON.stringify(await runScenario(flags));
    assertEquals(JSON.stringify(await runScenario(flags)), text);
    assertNotEquals(JSON.stringify(await runScenario({ ...flags, seed: "2" })), text);
  });
}

Deno.test("run: an M/M/1 queue at half its capacity has the latencies of queueing theory", async () => {
  // The mean is 1 / (mu - lambda), with 100 and 50 a second.
  const { latency, errors } = await runScenario({
    backends: "exponential(10ms) capacity=1",
    rate: "50",
    requests: "200000",
  });
  assertEquals(errors, 0);
  assertAlmostEquals(latency!.mean, 20, 1);
  // Its latencies are exponential, too.
  assertAlmostEquals(latency!.p90, 20 * Math.LN10, 2.5);
});

Deno.test("run: an M/M/8 queue waits as long as Erlang's formula says", async () => {
  const { latency } = await runScenario({
    backends: "exponential(20ms) capacity=8",
    rate: "320",
    requests: "200000",
  });
  // With 6.4 erlangs a request waits with probability C, and then 1 / (8 mu - lambda).
  const term = (k: number): number => k === 0 ? 1 : term(k - 1) * 6.4 / k;
  const waiting = term(8) / (1 - 6.4 / 8);
  const others = Array.from({ length: 8 }, (_, k) => term(k)).reduce((a, b) => a + b);
  const chance = waiting / (waiting + others);
  assertAlmostEquals(latency!.mean, 20 + chance * 1000 / (400 - 320), 0.6);
});

Deno.test("run: a backend that refuses connections causes retries and no errors", async () => {
  const summary = await runScenario({ ...MIXED, backends: oneOfFour("refuses=0s-1h") });
  assertEquals(summary.errors, 0);
  assertEquals([summary.retries, summary.ejections], [1, 1]);
  assertEquals(summary.latency!.p50, 20);
});

Deno.test("run: requests that a backend drops are sent again only if that is safe", async () => {
  const backends = oneOfFour("refuses=5s-1h");
  const gets = await runScenario({ requests: "10000", backends });
  assertEquals(gets.errors, 0);
  assert(gets.retries > 0);
  const posts = await runScenario({
    requests: "10000",
    posts: "100%",
    backends: "20ms;1s refuses=5s-1h",
  });
  assert(posts.errorKinds["connection_terminated"]! > 100);
});

Deno.test("run: a POST that may have left is never sent again", async () => {
  const flags = { requests: "10000", posts: "100%", set: ["EJECT_AFTER=off"] };
  for (const fault of ["breaks=0s-1h", "hangs=0s-1h"]) {
    const { retries, errors } = await runScenario({ ...flags, backends: oneOfFour(fault) });
    assertEquals([retries, errors], [0, 2_500], fault);
  }
  const swallowed = await runScenario({ ...flags, backends: oneOfFour("swallows=0s-1h") });
  // So many were on their way there when the first attempt timed out.
  assertEquals([swallowed.retries, swallowed.errors], [131, 0]);
});

for (
  const [fault, kind, milliseconds, retries] of [
    ["hangs=0s-1h", "http_response_timeout", 300, 250],
    ["swallows=0s-1h", "connection_timeout", 100, 7], // those on their way when the first one fails
  ] as const
) {
  Deno.test(`run: if one backend has ${fault}, requests go to the next after the timeout, and fail if there is none`, async () => {
    const set = [
      "FIRST_BYTE_TIMEOUT=300ms",
      "CONNECT_TIMEOUT=100ms",
      "EJECT_AFTER=off",
      "RETRY_BUDGET=off",
    ];
    const one = await runScenario({ requests: "1000", set, backends: oneOfFour(fault) });
    assertEquals([one.errors, one.retries], [0, retries]);
    assertAlmostEquals(one.latency!.max, milliseconds + 20, 1e-6);
    const all = await runScenario({ requests: "100", set, backends: `20ms ${fault}` });
    assertEquals(all.errorKinds, { [kind]: 100 });
  });
}

Deno.test("run: a request whose REQUEST_TIMEOUT is over is not sent again", async () => {
  const summary = await runScenario({
    requests: "1000",
    backends: oneOfFour("hangs=0s-1h"),
    set: ["REQUEST_TIMEOUT=200ms", "EJECT_AFTER=off"],
  });
  assertEquals([summary.errorKinds, summary.retries], [{ http_response_timeout: 250 }, 0]);
});

Deno.test("run: a request that was given up still takes capacity of its backend", async () => {
  const flags: SimulateFlags = { backends: "400ms capacity=1", set: ["REQUEST_TIMEOUT=500ms"] };
  const summary = await runScenario(flags, {
    scenario: undefined,
    arrivals: "0\n0.1\n0.2\n0.85\n",
  });
  // Served until 400, 800, 1200 and 1600: the second and the third are given up at 600 and 700.
  assertEquals([summary.answered, summary.errors, summary.latency!.max], [1, 3, 400]);
});

Deno.test("run: requests over MAX_IN_FLIGHT are refused", async () => {
  const summary = await runScenario(
    { backends: "1s", set: ["MAX_IN_FLIGHT=2"] },
    { arrivals: "0\n0.1\n0.2\n0.9\n1.05\n1.06\n" },
  );
  assertEquals(summary.errorKinds, { "limits.inFlight is reached": 3 });
  assertEquals([summary.answered, summary.backends[0]?.peakInFlight], [3, 2]);
});

Deno.test("run: requests over BACKEND_MAX_IN_FLIGHT go to other backends, and fail if all are full", async () => {
  const summary = await runScenario(
    { backends: "1s;1s", set: ["BACKEND_MAX_IN_FLIGHT=1"] },
    { arrivals: "0\n0.1\n0.2\n1.05\n" },
  );
  assertEquals(summary.errorKinds, { connection_limit_reached: 1 });
  assertEquals(summary.backends.map(({ attempts }) => attempts), [2, 1]);
});

Deno.test("run: answers of 500 are errors without retries, and eject only with EJECT_ON_5XX", async () => {
  const flags = { requests: "3000", rate: "400", backends: oneOfFour("errors=0s-1h") };
  const kept = await runScenario(flags);
  assertEquals([kept.errorKinds, kept.retries, kept.ejections], [{ "answered 500": 750 }, 0, 0]);
  const ejecting = await runScenario({ ...flags, set: ["EJECT_ON_5XX=on"] });
  assertEquals([ejecting.errorKinds, ejecting.ejections], [{ "answered 500": 5 }, 1]);
});

Deno.test("run: probes take a failing backend down before many requests fail, and bring it back", async () => {
  const flags = { requests: "10000", rate: "400", backends: oneOfFour("errors=5s-10s") };
  const set = ["HEALTH_PATH=/healthz", "HEALTH_INTERVAL=200ms", "SLOW_START=off"];
  const blind = await runScenario(flags);
  const probed = await runScenario({ ...flags, set });
  assertEquals([blind.downs, probed.downs], [0, 1]);
  assert(blind.errors > 400 && probed.errors < 100, `${blind.errors} and ${probed.errors} errors`);
  const slices = probed.backends[3]!.slices;
  assert(slices.slice(10, 15).every((count) => count === 0), `${slices}`);
  assert(slices.slice(18).every((count) => count > 40), `${slices}`);
});

Deno.test("run: a backend that flaps is ejected for longer each time, and causes few errors", async () => {
  const summary = await runScenario({
    ...MIXED,
    backends: oneOfFour("breaks=2s-20s/1s"),
    set: ["EJECT_TIME=1s", "SLOW_START=off"],
  });
  assert(summary.ejections >= 2 && summary.ejections <= 12, `${summary.ejections} ejections`);
  assert(summary.errorShare < 0.005, `${summary.errors} errors`);
  assert(summary.backends[3]!.share < 0.2);
});

Deno.test("run: backends receive requests by their weights", async () => {
  const { backends } = await runScenario({ requests: "4000", backends: "20ms weight=3;20ms" });
  assertEquals(backends.map(({ attempts }) => attempts), [3_000, 1_000]);
});

Deno.test("run: every policy gets the same requests with the same amount of work", async () => {
  // With one backend there is nothing to pick, so all results must be the same.
  const backends = "lognormal(20ms,1) capacity=4";
  const all = [];
  for (const policy of POLICY_NAMES) {
    all.push((await runScenario({ requests: "2000", rate: "100", backends, policy })).latency);
  }
  assertEquals(all, Array(all.length).fill(all[0]));
});

Deno.test("run: consistent hashing sends a client of the access log to one backend", async () => {
  const line = (client: string) => `{"time":"2025-01-01T00:00:00Z","client":"${client}"}`;
  const { backends } = await runScenario(
    { policy: "consistent_hash", backends: "20ms;20ms;20ms" },
    { arrivals: Array(30).fill(line("192.0.2.7")).join("\n") },
  );
  assertEquals(backends.map(({ attempts }) => attempts).sort((a, b) => a - b), [0, 0, 30]);
});

Deno.test("run: the seed decides how long requests take, and what is picked at random", async () => {
  const arrivals = Array.from({ length: 50 }, (_, second) => second).join("\n");
  const runs = [];
  for (const seed of ["1", "2"]) {
    runs.push(
      await runScenario({ seed, policy: "random", backends: "exponential(20ms);20ms" }, {
        arrivals,
      }),
    );
  }
  const [first, second] = runs;
  assertNotEquals(first!.backends, second!.backends);
  const alone = [];
  for (const seed of ["1", "2"]) {
    alone.push((await runScenario({ seed, backends: "exponential(20ms)" }, { arrivals })).latency);
  }
  assertNotEquals(alone[0], alone[1]);
});

for (const rate of [1, 10, 100]) {
  Deno.test(`run: of 50 backends that refuse, one comes back and answers within 1.3 s, at ${rate} requests a second`, async () => {
    const refusing = "20ms refuses=0s-1h";
    const backends = [...Array(49).fill(refusing), "20ms refuses=0s-20s"].join(";");
    const arrivals = Array.from({ length: 30 * rate }, (_, i) => (i / rate).toFixed(3)).join("\n");
    const summary = await runScenario({ backends }, { arrivals });
    const { answered, errors } = summary;
    assert(answered > 8.5 * rate && errors > 18 * rate, `${answered} answered, ${errors} errors`);
    const attempts = summary.retries + answered + errors;
    assert(attempts <= 50 + 3 * errors + answered + 49, `${attempts} attempts`);
  });
}
