import { assertEquals, assertMatch } from "@std/assert";
import { jsonReport } from "../../../lib/simulate/report/json_report.ts";
import { report } from "../../../lib/simulate/report/text_report.ts";
import { simulate } from "../../../lib/simulate/run/run.ts";
import type { Scenario, SimulateFlags } from "../../../lib/simulate/scenario/scenario.ts";
import { SIMULATED_SETTINGS } from "../../../lib/simulate/scenario/settings.ts";
import { type Files, scenarioOf } from "../../support/simulated.ts";

async function summariesOf(scenario: Scenario) {
  const summaries = [];
  for (const policy of scenario.policies) summaries.push(await simulate(scenario, policy));
  return summaries;
}

async function reportOf(flags: SimulateFlags, files: Files = {}): Promise<string> {
  const scenario = scenarioOf(flags, files);
  return report(scenario, await summariesOf(scenario));
}

async function jsonOf(flags: SimulateFlags, files: Files = {}): Promise<string> {
  const scenario = scenarioOf(flags, files);
  return jsonReport(scenario, await summariesOf(scenario));
}

/** Six requests in a second, to a good backend and one that begins to refuse in its middle. */
const TINY = {
  flags: { backends: "20ms;40ms refuses=500ms-1h", set: ["SLOW_START=off"] },
  files: { arrivals: "0\n0.2\n0.4\n0.6\n0.8\n1\n" },
} as const;

Deno.test("report: a run is a line of figures, and a line for each backend", async () => {
  const text = `\
Simulated: 6 recorded requests over 1.0 s, to 2 backends; seed 1
  a: 20ms
  b: 40ms refuses=500ms-1h
  SLOW_START=off

Latencies are of answered requests only.

policy       p50 ms  p90 ms  p99 ms  p99.9 ms  max ms  errors  retries          ejections
round_robin    20.0    40.0    40.0      40.0    40.0   0.00%        2  33.33%          0

round_robin
  backend  attempts  peak in flight  attempts over 1.0 s
  a          62.50%               1  █···············█·······█·······█······█
  b          37.50%               1  ········█···············█··············█
`;
  assertEquals(await reportOf(TINY.flags, TINY.files), text);
});

Deno.test("report: without a single answer there are no latencies, and errors are named", async () => {
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
    await reportOf({ requests: "1", clients: "1", backends: "20ms refuses=0s-1h" }),
    text,
  );
});

Deno.test("report: policies side by side have one table, a bar for each, and then their loads", async () => {
  const scenario = scenarioOf({ backends: "20ms" }, TINY.files);
  const [summary] = await summariesOf(scenario);
  const slower = { ...summary!.latency!, p99: 80, p999: 81, max: 100 };
  const slow = { ...summary!, policy: "random", latency: slower, errorShare: 1e-6, ejections: 3 };
  const none = { ...summary!, policy: "p2c", latency: null, downs: 2 };
  const text = `\
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
  const parts = report(scenario, [summary!, slow, none]);
  assertEquals(parts.slice(parts.indexOf("Latencies"), parts.indexOf("  backend")), text);
  assertEquals(parts.split("\n").slice(-2), ["  taken down by probes: 2", ""]);
});

Deno.test("report: as JSON it has the scenario as understood, and every figure", async () => {
  const text = await jsonOf(TINY.flags, TINY.files);
  assertEquals(text, `${JSON.stringify(JSON.parse(text), null, 2)}\n`);
  const { scenario, arrivals, units, policies } = JSON.parse(text);
  const { settings, ...traffic } = scenario;
  assertEquals(traffic, { seed: 1, backends: ["20ms", "40ms refuses=500ms-1h"] });
  assertEquals(Object.keys(settings), SIMULATED_SETTINGS);
  assertEquals([settings.SLOW_START, settings.MAX_ATTEMPTS], ["off", "every backend once"]);
  assertEquals(arrivals, { count: 6, skipped: 0, seconds: 1, sliceSeconds: 0.025 });
  assertEquals([units.latency, units.slices], ["ms", "attempts"]);
  const slices = (...filled: number[]) =>
    Array.from({ length: 40 }, (_, slice) => Number(filled.includes(slice)));
  assertEquals(policies, [{
    policy: "round_robin",
    requests: 6,
    answered: 6,
    latency: { mean: 23.366666666666674, p50: 20, p90: 40, p99: 40, p999: 40, max: 40 },
    errors: 0,
    errorShare: 0,
    errorKinds: {},
    retries: 2,
    retryShare: 2 / 6,
    ejections: 0,
    downs: 0,
    backends: [
      { name: "a", attempts: 5, share: 0.625, peakInFlight: 1, slices: slices(0, 16, 24, 32, 39) },
      { name: "b", attempts: 3, share: 0.375, peakInFlight: 1, slices: slices(8, 24, 39) },
    ],
  }]);
});

Deno.test("report: the scenario in the JSON, given back, comes to the same JSON", async () => {
  const flags = { requests: "500", rate: "50", posts: "29%", seed: "3", policy: "peak_ewma" };
  const text = await jsonOf({ ...flags, backends: "20ms weight=2;exponential(40ms) errors=1s-2s" });
  const scenario = JSON.stringify(JSON.parse(text).scenario);
  assertEquals(await jsonOf({}, { scenario }), text);
});

Deno.test("report: thousands of backends are no trouble", async () => {
  const backends = Array(5_000).fill("20ms").join(";");
  const text = await reportOf({ requests: "10", backends });
  assertEquals(text.split("\n").length, 10_010);
});

Deno.test("report: nearly all is not all", async () => {
  const scenario = scenarioOf({ backends: "20ms" }, TINY.files);
  const [summary] = await summariesOf(scenario);
  const text = report(scenario, [{ ...summary!, errorShare: 0.999999, retryShare: 1 }]);
  assertMatch(text, / >99\.99% +0 +100\.00% /);
});

Deno.test("report: with every policy run, the one of the file is not shown as in force", async () => {
  const flags = { requests: "5", backends: "20ms", compare: true };
  const files = { scenario: '{"settings": {"POLICY": "p2c", "SLOW_START": "1s"}}' };
  const [head = ""] = (await reportOf(flags, files)).split("\n\n");
  assertMatch(head, /\n {2}a: 20ms\n {2}SLOW_START=1s$/);
  const { settings } = JSON.parse(await jsonOf(flags, files)).scenario;
  assertEquals(Object.keys(settings), SIMULATED_SETTINGS.filter((name) => name !== "POLICY"));
});

Deno.test("report: it says how many recorded requests were left out", async () => {
  const refused = '{"time":"2025-01-01T00:00:00Z","refused":"no host"}';
  const files = { arrivals: `1\n${refused}\n2\n${refused}` };
  const [line] = (await reportOf({ backends: "20ms" }, files)).split("\n");
  assertEquals(
    line,
    "Simulated: 2 recorded requests over 1.0 s, 2 refused ones skipped, to 1 backend; seed 1",
  );
  assertEquals(JSON.parse(await jsonOf({ backends: "20ms" }, files)).arrivals.skipped, 2);
});
