import { assertEquals, assertStringIncludes } from "@std/assert";
import { PROXIES } from "./proxies.ts";
import { findWarnings, formatJson, formatReport, type Found } from "./report.ts";
import type { LatencyRun } from "./latencies.ts";
import type { ThroughputRun } from "./throughput.ts";
import { readOptions } from "./options.ts";

const options = readOptions(["--rounds", "2"], [0, 1]);
if (options === "help") throw new Error("expected options, not help");

const QUIET = { calibration: 50, others: 0, stolen: 0 };
const proxies = PROXIES.filter(({ key }) => key === "tcp" || key === "nginx");

function run(proxy: string, round: number, requestsPerSecond: number, busy: number): ThroughputRun {
  const cpuMicroseconds = 1e6 * busy / requestsPerSecond;
  const of = { proxy, workers: 1, workload: "small", round, requests: requestsPerSecond };
  return { ...of, requestsPerSecond, cpuMicroseconds, busy, noise: QUIET };
}

function latency(proxy: string, workers: number, p50: number): LatencyRun {
  const of = { proxy, workers, workload: "small", round: 1, requests: 1_000, noise: QUIET };
  return { ...of, rate: 10_000, quantiles: [p50, 2 * p50, 4 * p50], late: [30, 40] };
}

const FOUND: Found = {
  machine: {
    date: "2026-11-24T10:00:00.000Z",
    processor: "a processor",
    cores: 2,
    kernel: "Linux 6.1.0",
    deno: "2.9.6",
    wrk: "4.1.0",
    versions: { "Roundabout tcp": "0.1.0", nginx: "1.22.1" },
  },
  options,
  throughput: [
    ...[run("tcp", 1, 10_000, 1), run("nginx", 1, 20_000, 0.5)],
    ...[run("tcp", 2, 30_000, 1), run("nginx", 2, 20_000, 0.5)],
  ],
  latency: [latency("none", 0, 50), latency("nginx", 1, 1_100.4), latency("nginx", 2, 90)],
  memory: [{
    ...{ proxy: "nginx", workers: 1, workload: "small", round: 1 },
    ...{ idle: 11.1e6, loaded: 12e6, perThousand: 0.25e6 },
  }],
  leftOut: ["Caddy: not installed"],
  failures: [],
};

Deno.test("the report has tables with medians, ranges and ratios, and describes the machine", () => {
  const report = formatReport(proxies, FOUND);
  for (
    const line of [
      "2026-11-24, a processor, 2 cores, Linux 6.1.0, Deno 2.9.6, wrk 4.1.0; Roundabout tcp 0.1.0, nginx 1.22.1.",
      "| Roundabout tcp | 1 | 20,000 (10,000 – 30,000) | 66.7 (33.3 – 100.0) | 100 (100 – 100) |",
      "| nginx | 1 | 20,000 (20,000 – 20,000) | 25.0 (25.0 – 25.0) | 50 (50 – 50) |",
      "| GET of 90 bytes | Roundabout tcp | 1 | 1.00 (0.50 – 1.50); 2.67 (1.33 – 4.00) |",
      "### GET of 90 bytes: latency at 10,000 requests/s",
      "| No proxy |  | 50 (50 – 50) | 100 (100 – 100) | 200 (200 – 200) | 30 (30 – 30) | 40 (40 – 40) |",
      "| nginx | 1 | 1,100 (1,100 – 1,100) | 2,201 (2,201 – 2,201) | 4,402 (4,402 – 4,402) " +
      "| 30 (30 – 30) | 40 (40 – 40) |",
      "| nginx | 2 | 90 (90 – 90) | 180 (180 – 180) | 360 (360 – 360) | 30 (30 – 30) | 40 (40 – 40) |",
      "| nginx | 1 | 11.1 (11.1 – 11.1) | 12.0 (12.0 – 12.0) | 0.3 (0.3 – 0.3) |",
      "- Caddy: not installed",
    ]
  ) assertStringIncludes(report, `${line}\n`);
});

Deno.test("a proxy that waited for its load is named in a warning, and a noisy one is marked", () => {
  const [waiting] = findWarnings(FOUND).filter((warning) => warning.includes("busy"));
  assertStringIncludes(waiting!, "instead of their requests per second: nginx × 1 50 %");
  const noisy = { ...FOUND.throughput[0]!, noise: { ...QUIET, others: 0.5 } };
  const report = formatReport(proxies, { ...FOUND, throughput: [noisy] });
  assertStringIncludes(report, "| Roundabout tcp \\* | 1 |");
  assertStringIncludes(report, "- The machine was noisy during 1 of 4 measurements");
});

Deno.test("there is a warning about a load that was late", () => {
  const [first, ...others] = FOUND.latency;
  const late = [{ ...first!, late: [2_000, 2_001] }, ...others];
  const warnings = findWarnings({ ...FOUND, latency: late }).join("\n");
  assertStringIncludes(
    warnings,
    "In 1 of 3 latency measurements the load itself sent 1 request in 100 more than 1 ms late",
  );
});

Deno.test("the JSON has every run and the warnings", () => {
  const { throughput, warnings } = JSON.parse(formatJson(FOUND));
  assertEquals(throughput.length, 4);
  assertEquals(warnings, findWarnings(FOUND));
});
