import { assertEquals, assertMatch } from "@std/assert";
import { formatJsonReport } from "../../../lib/simulate/report/json_report.ts";
import { formatTextReport } from "../../../lib/simulate/report/text_report.ts";
import { simulate } from "../../../lib/simulate/run/run.ts";
import type { Scenario, SimulateFlags } from "../../../lib/simulate/scenario/scenario.ts";
import { SIMULATED_SETTINGS } from "../../../lib/simulate/scenario/settings.ts";
import { createScenario, type Files } from "../../support/simulated.ts";

async function simulateAll(scenario: Scenario) {
  const summaries = [];
  for (const policy of scenario.policies) summaries.push(await simulate(scenario, policy));
  return summaries;
}

async function reportAsText(flags: SimulateFlags, files: Files = {}): Promise<string> {
  const scenario = await createScenario(flags, files);
  return formatTextReport(scenario, await simulateAll(scenario));
}

async function reportAsJson(flags: SimulateFlags, files: Files = {}): Promise<string> {
  const scenario = await createScenario(flags, files);
  return formatJsonReport(scenario, await simulateAll(scenario));
}

/** Six requests in a second, to a good backend and one that refuses connections from 500 ms on. */
const TINY = {
  flags: { backends: "20ms;40ms refuses=500ms-1h", set: ["SLOW_START=off"] },
  files: { arrivals: "0\n0.2\n0.4\n0.6\n0.8\n1\n" },
} as const;

Deno.test("report: a run has a line of results, and a line for each backend", async () => {
  const text = `\
Simulated: 6 recorded requests over 1.0 s, to 2 backends; seed 1
  a: 20ms
  b: 40ms refuses=500ms-1h
  SLOW_START=off

Latencies are of answered requests only.

policy       p50 ms  p90 ms  p99 ms  p99.9 ms  max ms  errors  retries          ejections
round_robin    20.0    40.0    40.0      40.0    40.0   0.00%        1  16.67%          0

round_robin
  backend  attempts  peak in flight  attempts over 1.0 s
  a          71.43%               1  █···············█·······█·······█······█
  b          28.57%               1  ········█···············█···············
`;
  assertEquals(await reportAsText(TINY.flags, TINY.files), text);
});

Deno.test("report: without any answer there are no latencies, and errors are counted by kind", async () => {
  const text = `\
Simulated: 1 request over 0.0 s, 250 a second, 0% POST, from 1 client, to 1 backend; seed 1
  a: 20ms refuses=0s-1h

Latencies are of answered requests only.

policy       p50 ms  p90 ms  p99 ms  p99.9 ms  max ms   errors  retries         ejections
round_robin       -       -       -         -       -  100.00%        0  0.00%          0

round_robin
  backend  attempts  peak in flight  attempts over 0.0 s
  a         100.00%               1  ·······································█
  connection_refused: 1
`;
  assertEquals(
    await reportAsText({ requests: "1", clients: "1", backends: "20ms refuses=0s-1h" }),
    text,
  );
});

Deno.test("report: several policies have one table, a bar each, and then the loads of their backends", async () => {
  const scenario = await createScenario({ backends: "20ms" }, TINY.files);
  const [summary] = await simulateAll(scenario);
  const slower = { ...summary!.latency!, p99: 80, p999: 81, max: 100 };
  const slow = { ...summary!, policy: "random", latency: slower, errorShare: 1e-6, ejections: 3 };
  const none = { ...summary!, policy: "p2c", latency: null, downs: 2 };
  const expected = `\
Latencies are of answered requests only.

policy       p50 ms  p90 ms  p99 ms  p99.9 ms  max ms  errors  retries         ejections
round_robin    20.0    20.0    20.0      20.0    20.0   0.00%        0  0.00%          0
random         20.0    20.0    80.0      81.0   100.0  <0.01%        0  0.00%          3
p2c               -       -       -         -       -   0.00%        0  0.00%          0

p99 of answered requests
round_robin  █████████████ 20.0 ms
random       ██████████████████████████████████████████████████ 80.0 ms, <0.01% errors
p2c          nothing answered

round_robin
`;
  const text = formatTextReport(scenario, [summary!, slow, none]);
  assertEquals(text.slice(text.indexOf("Latencies"), text.indexOf("  backend")), expected);
  assertEquals(text.split("\n").slice(-2), ["  taken down by probes: 2", ""]);
});

Deno.test("report: JSON has the scenario with its defaults, and all results", async () => {
  const text = await reportAsJson(TINY.flags, TINY.files);
  assertEquals(text, `${JSON.stringify(JSON.parse(text), null, 2)}\n`);
  const { scenario, arrivals, units, policies } = JSON.parse(text);
  const { settings, ...traffic } = scenario;
  assertEquals(traffic, { seed: 1, backends: ["20ms", "40ms refuses=500ms-1h"] });
  assertEquals(Object.keys(settings), SIMULATED_SETTINGS);
  assertEquals([settings.SLOW_START, settings.MAX_ATTEMPTS], ["off", "all"]);
  assertEquals(arrivals, { count: 6, skipped: 0, seconds: 1, sliceSeconds: 0.025 });
  assertEquals([units.latency, units.slices], ["ms", "attempts"]);
  const slices = (...filled: number[]) =>
    Array.from({ length: 40 }, (_, slice) => Number(filled.includes(slice)));
  assertEquals(policies, [{
    policy: "round_robin",
    requests: 6,
    answered: 6,
    latency: { mean: 23.350000000000005, p50: 20, p90: 40, p99: 40, p999: 40, max: 40 },
    errors: 0,
    errorShare: 0,
    errorKinds: {},
    retries: 1,
    retryShare: 1 / 6,
    ejections: 0,
    downs: 0,
    backends: [
      { name: "a", attempts: 5, share: 5 / 7, peakInFlight: 1, slices: slices(0, 16, 24, 32, 39) },
      { name: "b", attempts: 2, share: 2 / 7, peakInFlight: 1, slices: slices(8, 24) },
    ],
  }]);
});

Deno.test("report: the scenario in the JSON, used as a file, gives the same JSON", async () => {
  const flags = { requests: "500", rate: "50", posts: "29%", seed: "3", policy: "peak_ewma" };
  const text = await reportAsJson({
    ...flags,
    backends: "20ms weight=2;exponential(40ms) errors=1s-2s",
  });
  const scenario = JSON.stringify(JSON.parse(text).scenario);
  assertEquals(await reportAsJson({}, { scenario }), text);
});

Deno.test("report: thousands of backends can be shown", async () => {
  const backends = Array(5_000).fill("20ms").join(";");
  const text = await reportAsText({ requests: "10", backends });
  assertEquals(text.split("\n").length, 10_010);
});

Deno.test("report: a share just below 1 is not shown as 100.00%", async () => {
  const scenario = await createScenario({ backends: "20ms" }, TINY.files);
  const [summary] = await simulateAll(scenario);
  const text = formatTextReport(scenario, [{ ...summary!, errorShare: 0.999999, retryShare: 1 }]);
  assertMatch(text, / >99\.99% +0 +100\.00% /);
});

Deno.test("report: with --compare, the policy of the file is not shown as a setting", async () => {
  const flags = { requests: "5", backends: "20ms", compare: true };
  const files = { scenario: '{"settings": {"POLICY": "p2c", "SLOW_START": "1s"}}' };
  const [head = ""] = (await reportAsText(flags, files)).split("\n\n");
  assertMatch(head, /\n {2}a: 20ms\n {2}SLOW_START=1s$/);
  const { settings } = JSON.parse(await reportAsJson(flags, files)).scenario;
  assertEquals(Object.keys(settings), SIMULATED_SETTINGS.filter((name) => name !== "POLICY"));
});

Deno.test("report: the number of skipped recorded requests is shown", async () => {
  const refused = '{"time":"2025-01-01T00:00:00Z","refused":"no host"}';
  const files = { arrivals: `1\n${refused}\n2\n${refused}` };
  const [line] = (await reportAsText({ backends: "20ms" }, files)).split("\n");
  assertEquals(
    line,
    "Simulated: 2 recorded requests over 1.0 s, 2 refused ones skipped, to 1 backend; seed 1",
  );
  assertEquals(JSON.parse(await reportAsJson({ backends: "20ms" }, files)).arrivals.skipped, 2);
});
