import { assert, assertEquals } from "@std/assert";
import { metricsText } from "../../lib/admin/metrics.ts";
import { family, labelsOf } from "../../lib/admin/prometheus.ts";
import { sampleBackend, sampleStatus, startTestAdmin } from "../support/admin_port.ts";

const HELP = /^# HELP (roundabout_[a-z_]+) \S.*\.$/;
const TYPE = /^# TYPE (roundabout_[a-z_]+) (counter|gauge)$/;
const SAMPLE =
  /^(roundabout_[a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;

/** Every sample by its name and labels; the text must be in Prometheus's format. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const families = new Set<string>();
  let name: string | undefined;
  let type: string | undefined;
  assert(text.endsWith("\n"));
  for (const line of text.slice(0, -1).split("\n")) {
    const [, helped] = HELP.exec(line) ?? [];
    if (helped !== undefined) {
      assert(!families.has(helped), `${helped} is there twice`);
      families.add(helped);
      [name, type] = [helped, undefined];
      continue;
    }
    const [, typed, kind] = TYPE.exec(line) ?? [];
    if (typed !== undefined) {
      assertEquals([typed, type], [name, undefined]);
      type = kind;
      assertEquals(typed.endsWith("_total"), kind === "counter", typed);
      continue;
    }
    const [, sampled, labels = "", value] = SAMPLE.exec(line) ?? [];
    assert(value !== undefined, line);
    assert(sampled === name && type !== undefined, line);
    const key = labels === "" ? sampled! : `${sampled}{${labels}}`;
    assert(!samples.has(key), `${key} is there twice`);
    samples.set(key, Number(value));
  }
  return samples;
}

Deno.test("metrics: the numbers of the status are all there", () => {
  const second = 'pool="users",backend="http://users-2:5000/base"';
  const first = 'pool="users",backend="http://users-1:5000"';
  const source = 'pool="users",source="dns+http://users:5000"';
  const seconds = Date.parse("2026-11-26T13:10:09.000Z") / 1000;
  assertEquals(Object.fromEntries(samplesOf(metricsText(sampleStatus()))), {
    'roundabout_build_info{version="0.1.0",engine="tcp",instance="edge-1"}': 1,
    roundabout_start_time_seconds: seconds,
    roundabout_ready: 1,
    'roundabout_worker_serving{worker="1"}': 1,
    'roundabout_worker_serving{worker="2"}': 0,
    'roundabout_certificate_expiry_timestamp_seconds{listener="http",name="www.example.com"}':
      Date.parse("2027-01-19T12:00:00.000Z") / 1000,
    'roundabout_certificate_expiry_timestamp_seconds{listener="http",name="example.com"}':
      Date.parse("2027-01-19T12:00:00.000Z") / 1000,
    'roundabout_acme_failing{name="example.com",directory="https://ca.example/directory"}': 0,
    roundabout_requests_in_flight: 7,
    'roundabout_requests_total{pool="users",route="api",code="2xx"}': 1195,
    'roundabout_requests_total{pool="",route="api",code="4xx"}': 2,
    'roundabout_local_replies_total{status="503"}': 2,
    roundabout_configuration_number: 4,
    roundabout_configuration_applied_timestamp_seconds: seconds,
    roundabout_configuration_last_reload_successful: 1,
    'roundabout_reloads_total{result="applied"}': 3,
    'roundabout_reloads_total{result="unchanged"}': 1,
    'roundabout_reloads_total{result="refused"}': 2,
    'roundabout_pool_usable{pool="users"}': 1,
    'roundabout_pool_usable{pool="next"}': 0,
    [`roundabout_discovery_last_success_timestamp_seconds{${source}}`]: seconds,
    [`roundabout_discovery_failing{${source}}`]: 0,
    [`roundabout_discovery_addresses{${source}}`]: 2,
    [`roundabout_backend_up{${first}}`]: 1,
    [`roundabout_backend_up{${second}}`]: 0,
    [`roundabout_backend_draining{${first}}`]: 0,
    [`roundabout_backend_draining{${second}}`]: 0,
    [`roundabout_backend_in_flight{${first}}`]: 3,
    [`roundabout_backend_in_flight{${second}}`]: 0,
    [`roundabout_backend_weight{${first}}`]: 1,
    [`roundabout_backend_weight{${second}}`]: 1,
    [`roundabout_backend_latency_seconds{${first}}`]: 0.0125,
    [`roundabout_attempts_total{${first}}`]: 1200,
    [`roundabout_attempts_total{${second}}`]: 40,
    [`roundabout_attempt_failures_total{${first}}`]: 0,
    [`roundabout_attempt_failures_total{${second}}`]: 5,
  });
});

for (
  const [state, up, draining] of [
    ["in use", 1, 0],
    ["draining", 1, 1],
    ["removed", 1, 1],
    ["trial", 0, 0],
    ["ejected", 0, 0],
    ["down", 0, 0],
  ] as const
) {
  Deno.test(`metrics: a backend that is "${state}" is up: ${up}, draining: ${draining}`, () => {
    const [users] = sampleStatus().pools;
    const pools = [{ ...users!, backends: [sampleBackend("http://a", { state })] }];
    const samples = samplesOf(metricsText(sampleStatus({ pools })));
    const labels = 'pool="users",backend="http://a"';
    assertEquals(samples.get(`roundabout_backend_up{${labels}}`), up);
    assertEquals(samples.get(`roundabout_backend_draining{${labels}}`), draining);
  });
}

Deno.test("metrics: of a backend that was removed and is back, the one that serves is shown", () => {
  const [users] = sampleStatus().pools;
  const backends = [
    sampleBackend("http://a", { state: "removed", attempts: 9 }),
    sampleBackend("http://a", { attempts: 1 }),
  ];
  const samples = samplesOf(metricsText(sampleStatus({ pools: [{ ...users!, backends }] })));
  assertEquals(samples.get('roundabout_attempts_total{pool="users",backend="http://a"}'), 1);
});

Deno.test("metrics: a refused reload shows, and a source that never had an answer has no time", () => {
  const base = sampleStatus();
  const discovery = [{ source: "a", lastSuccess: null, problem: "NXDOMAIN", addresses: 0 }];
  const samples = samplesOf(metricsText({
    ...base,
    configuration: {
      ...base.configuration,
      lastReload: { at: base.startedAt, result: "refused", problems: ["a"] },
    },
    pools: [{ ...base.pools[0]!, discovery }],
  }));
  assertEquals(samples.get("roundabout_configuration_last_reload_successful"), 0);
  assertEquals(samples.get('roundabout_discovery_failing{pool="users",source="a"}'), 1);
  const names = [...samples.keys()].filter((name) => name.includes("last_success"));
  assertEquals(names, []);
});

Deno.test("metrics: label values are escaped, and others stay as they are", () => {
  const value = 'a"b\\c\nd\re é{}';
  const text = family("roundabout_x", "gauge", "A test.", [[labelsOf({ route: value }), 1]]);
  assertEquals(
    text,
    '# HELP roundabout_x A test.\n# TYPE roundabout_x gauge\nroundabout_x{route="a\\"b\\\\c\\nd\re é{}"} 1\n',
  );
});

Deno.test("metrics: of two samples with the same labels the first one is written, and no family without samples", () => {
  const samples = [['{a="1"}', 1], ['{a="1"}', 2]] as const;
  assertEquals(family("x", "gauge", "X.", samples).split("\n").length, 4);
  assertEquals(family("x", "gauge", "X.", []), "");
});

Deno.test("metrics: GET /metrics is Prometheus text", async () => {
  using api = startTestAdmin();
  const response = await fetch(`${api.url}/metrics`);
  const type = "text/plain; version=0.0.4; charset=utf-8";
  assertEquals([response.status, response.headers.get("content-type")], [200, type]);
  assertEquals(await response.text(), metricsText(sampleStatus()));
});

Deno.test("metrics: the end of the admin port's certificate has no listener", () => {
  const status = sampleStatus();
  const certificates = [{ ...status.listeners[0]!.certificates[0]!, names: ["edge.test"] }];
  const samples = samplesOf(metricsText({ ...status, admin: { certificates } }));
  assertEquals(
    samples.get('roundabout_certificate_expiry_timestamp_seconds{listener="",name="edge.test"}'),
    Date.parse("2027-01-19T12:00:00.000Z") / 1000,
  );
});

Deno.test("metrics: of several certificates for a name, the first one to expire is shown", () => {
  const status = sampleStatus();
  const [listener] = status.listeners;
  const lasting = (notAfter: string) => ({
    ...listener!.certificates[0]!,
    names: ["a.test"],
    notAfter,
  });
  const certificates = [lasting("2027-02-01T00:00:00Z"), lasting("2027-01-01T00:00:00Z")];
  const text = metricsText({ ...status, listeners: [{ ...listener!, certificates }] });
  const samples = [...samplesOf(text)].filter(([name]) => name.includes("certificate"));
  assertEquals(samples, [[
    'roundabout_certificate_expiry_timestamp_seconds{listener="http",name="a.test"}',
    Date.parse("2027-01-01T00:00:00Z") / 1000,
  ]]);
});
