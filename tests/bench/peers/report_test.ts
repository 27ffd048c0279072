import { assertEquals, assertStringIncludes } from "@std/assert";
import { PROXIES } from "./proxies.ts";
import { findWarnings, formatJson, formatReport, type Found } from "./report.ts";
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

const latency = { requests: 1000, late: 0.1, connections: 16, wrong: [] };
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
  latency: [{
    ...{ proxy: "nginx", workers: 1, workload: "small", round: 1, noise: QUIET },
    direct: { ...latency, quantiles: [0.1, 0.2, 0.4, 1] },
    through: { ...latency, quantiles: [0.25, 0.5, 0.5, 2] },
  }],
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
      "| nginx | 1 | 0.15 (0.15 – 0.15) | 0.30 (0.30 – 0.30) | 0.10 (0.10 – 0.10) | 0.10 (0.10 – 0.10) |",
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
  assertStringIncludes(report, "- The machine was noisy during 1 of 2 measurements");
});

Deno.test("there is a warning about a load that was late", () => {
  const late = FOUND.latency.map((run) => ({ ...run, through: { ...run.through, late: 2 } }));
  const warnings = findWarnings({ ...FOUND, latency: late }).join("\n");
  assertStringIncludes(
    warnings,
    "In 1 of 1 latency measurements the load itself started 1 request in 100 more than 1 ms late",
  );
});

Deno.test("the JSON has every run and the warnings", () => {
  const { throughput, warnings } = JSON.parse(formatJson(FOUND));
  assertEquals(throughput.length, 4);
  assertEquals(warnings, findWarnings(FOUND));
});
