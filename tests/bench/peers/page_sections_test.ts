import { assertEquals, assertStringIncludes } from "@std/assert";
import { readOptions } from "./options.ts";
import { formatSections } from "./page_sections.ts";
import { PROXIES } from "./proxies.ts";
import type { Found } from "./report.ts";
import type { ThroughputRun } from "./throughput.ts";

const options = readOptions(["--rounds", "5"], [0, 1]);
if (options === "help") throw new Error("expected options, not help");

const proxies = PROXIES.filter(({ key }) => ["web", "haproxy", "floor"].includes(key));

function run(proxy: string, workload: string, workers: number, cpu: number): ThroughputRun {
  const noise = { calibration: 50, others: proxy === "haproxy" ? 0.5 : 0, stolen: 0 };
  const of = { proxy, workers, workload, round: 1, requests: 1, noise };
  return { ...of, requestsPerSecond: 1e6 / cpu, cpuMicroseconds: cpu, busy: 0.5 };
}

const FOUND: Found = {
  machine: {
    date: "2026-11-24T10:00:00.000Z",
    ...{ processor: "a processor", cores: 2, kernel: "Linux 6.1.0", deno: "2.9.6", wrk: "4.1.0" },
    versions: { "Roundabout web": "0.1.0", HAProxy: "2.6.12", "Deno.serve + fetch": "2.9.6" },
  },
  options,
  throughput: [
    ...[run("web", "small", 1, 80), run("haproxy", "small", 1, 20), run("floor", "small", 1, 50)],
    ...[run("web", "post", 1, 100), run("haproxy", "post", 1, 40)],
    ...[run("web", "small", 2, 160), run("haproxy", "tls", 1, 30)],
  ],
  latency: [],
  memory: [],
  leftOut: [],
  failures: [],
};

Deno.test("the page shows one worker, under the workloads that this balancer supports", () => {
  const { cpu, requests } = formatSections(proxies, FOUND);
  assertEquals(
    cpu,
    "| Proxy | GET of 90 bytes | POST of 1 KiB |\n| --- | --: | --: |\n" +
      "| Roundabout web | 80.0 (80.0 – 80.0) | 100.0 (100.0 – 100.0) |\n" +
      "| HAProxy \\* | 20.0 (20.0 – 20.0) | 40.0 (40.0 – 40.0) |\n" +
      "| Deno.serve + fetch | 50.0 (50.0 – 50.0) | – |\n\n",
  );
  assertStringIncludes(requests, "| Roundabout web | 12,500 (12,500 – 12,500) | 10,000 ");
  assertStringIncludes(requests, "- GET of 90 bytes: some proxies were not busy all the time");
});

Deno.test("the page divides the CPU time of this balancer by that of HAProxy, Caddy and the floor", () => {
  assertEquals(
    formatSections(proxies, FOUND).ratios,
    "| CPU per request |  | ÷ HAProxy | ÷ Deno.serve + fetch |\n| --- | --- | --: | --: |\n" +
      "| Roundabout web | GET of 90 bytes | 4.00 (4.00 – 4.00) | 1.60 (1.60 – 1.60) |\n" +
      "| Roundabout web | POST of 1 KiB | 2.50 (2.50 – 2.50) | – |\n",
  );
});

Deno.test("the page says when, of what, where and how often was measured, and what was not", () => {
  const { setup, latency, memory } = formatSections(proxies, FOUND);
  for (
    const text of [
      "2026-11-24. Roundabout web 0.1.0, HAProxy 2.6.12, Deno.serve + fetch 2.9.6; Deno 2.9.6, wrk 4.1.0.\n",
      "a processor, 2 cores, Linux 6.1.0. A proxy with one worker runs on core 0, one with several on 0,1,",
      "the median of 5 rounds of 2 s (latency: 5 s; memory: 3 rounds), with the least and the most",
      "- The machine was noisy during 3 of 7 measurements",
    ]
  ) assertStringIncludes(setup, text);
  assertEquals([latency, memory], ["Not measured.", "Not measured."]);
});
