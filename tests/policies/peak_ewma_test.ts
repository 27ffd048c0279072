import { assert, assertEquals } from "@std/assert";
import type { Backend } from "../../lib/backends/backend.ts";
import type { Outcome } from "../../lib/outcome.ts";
import { EXPLORATION, peakEwma } from "../../lib/policies/peak_ewma.ts";
import type { RequestFacts } from "../../lib/request_facts.ts";
import {
  answered,
  backendsOf,
  contextOf,
  countsOf,
  equal,
  facts,
  failed,
  putInFlight,
} from "../support/fakes.ts";
import { countsUnder } from "../support/policy_load.ts";
import { seeded } from "../support/random.ts";

interface Seen {
  readonly outcome?: Outcome<unknown>;
  readonly request?: Partial<RequestFacts>;
  readonly now?: number;
}

function observe(backend: Backend, milliseconds: number, seen: Seen = {}): void {
  const { outcome = answered("ok"), request = {}, now = 0 } = seen;
  peakEwma.observe!(backend, { request: facts(request), outcome, milliseconds, now });
}

/** Backends with one sample each, in milliseconds, taken at the time 0. */
function measured(latencies: readonly (number | undefined)[]): Backend[] {
  const backends = backendsOf(equal(latencies.length));
  latencies.forEach((latency, index) => {
    if (latency !== undefined) observe(backends[index]!, latency);
  });
  return backends;
}

/** How often each backend is picked in a number of picks at the same time. */
function picksOf(backends: readonly Backend[], picks: number, now = 0): number[] {
  const random = seeded(1);
  const counts = countsOf(
    Array.from({ length: picks }, () => peakEwma.pick(backends, contextOf({ random, now }))),
  );
  return backends.map((backend) => counts.get(backend) ?? 0);
}

Deno.test("peak ewma: of two backends, the faster one is picked, except for the share that explores", () => {
  const [fast, slow] = picksOf(measured([10, 50]), 100_000);
  assertEquals(fast! + slow!, 100_000);
  const due = 100_000 * EXPLORATION / 2;
  assert(Math.abs(slow! - due) < 5 * Math.sqrt(due), `${slow}`);
});

Deno.test("peak ewma: the faster backend loses once its requests in flight outweigh that", () => {
  const backends = measured([10, 50]);
  for (const [inFlight, fastWins] of [[0, true], [3, true], [5, false]] as const) {
    putInFlight(backends[0]!, inFlight);
    const [fast, slow] = picksOf(backends, 1_000);
    assertEquals(fast! > slow!, fastWins, `${inFlight} in flight`);
  }
});

Deno.test("peak ewma: a slow answer counts at once, and fast ones make up for it with time", () => {
  const [backend, other] = measured([10, 20]);
  observe(backend!, 500, { now: 1_000 });
  assert(picksOf([backend!, other!], 1_000, 1_000)[0]! < 30);
  for (let now = 1_010; now < 60_000; now += 10) {
    observe(backend!, 10, { now });
    observe(other!, 20, { now });
  }
  assert(picksOf([backend!, other!], 1_000, 60_000)[0]! > 970);
});

Deno.test("peak ewma: a backend without a latency gets one request, and no more until it answers", () => {
  const backends = measured([10, undefined]);
  assert(picksOf(backends, 1_000)[1]! > 980, "it comes before those with a latency");
  putInFlight(backends[1]!, 1);
  putInFlight(backends[0]!, 50);
  assert(picksOf(backends, 1_000)[1]! < 20, "no more until it answers");
});

Deno.test("peak ewma: if no latencies are known, requests in flight decide", () => {
  const backends = measured([undefined, undefined]);
  putInFlight(backends[0]!, 2);
  putInFlight(backends[1]!, 1);
  assert(picksOf(backends, 1_000)[1]! > 980);
});

Deno.test("peak ewma: a backend whose first answers were slow gets its share again", () => {
  const backends = backendsOf(equal(4));
  const [cold] = backends;
  const random = seeded(2);
  // For its first ten seconds it takes two seconds for each answer, then it is as fast as the others.
  const latency = (backend: Backend, now: number) => backend === cold && now < 10_000 ? 2_000 : 10;
  const during = (seconds: number) => {
    const options = { policy: peakEwma, backends, inFlight: 4, random, interval: 5 };
    return countsUnder({
      ...options,
      picks: seconds * 200,
      latency: (b, now) => latency(b, now + begun),
    })
      .get(cold!)! / (seconds * 200);
  };
  let begun = 0;
  const ill = during(10);
  assert(ill < 0.02, `it gets few requests while it is slow: ${ill}`);
  assert(ill > 0.001, `but it gets some: ${ill}`);
  cold!.latency = { average: cold!.latency!.average, at: 0 };
  for (const backend of backends) backend.latency = { ...backend.latency!, at: 0 };
  begun = 10_000;
  const well = during(120);
  assert(well > 0.1, `within two minutes it gets its share again: ${well} of at most 0.25`);
});

Deno.test("peak ewma: a failure doubles the average, however fast it is, up to ten seconds", () => {
  const [backend] = measured([10]);
  observe(backend!, 0.1, { outcome: failed("connection_refused") });
  assertEquals(backend!.latency!.average, 20);
  observe(backend!, 0.1, { outcome: failed("connection_terminated") });
  assertEquals(backend!.latency!.average, 40);
  for (let i = 0; i < 2_000; i++) observe(backend!, 0.1, { outcome: failed("connection_refused") });
  assertEquals(backend!.latency!.average, 10_000);
  observe(backend!, 60_000, { outcome: failed("http_response_timeout") });
  assertEquals(backend!.latency!.average, 60_000);
});

Deno.test("peak ewma: a backend that fails before it ever answers does not come first any more", () => {
  for (const [took, average] of [[0.1, 400], [60_000, 60_000]] as const) {
    const [unknown, known] = measured([undefined, 20]);
    assert(picksOf([unknown!, known!], 1_000)[0]! > 980);
    observe(unknown!, took, { outcome: failed("http_response_timeout") });
    assertEquals(unknown!.latency!.average, average);
    assert(picksOf([unknown!, known!], 1_000)[0]! < 20);
  }
});

Deno.test("peak ewma: an answer of 500 and more never lowers an average, even an old one", () => {
  const [backend] = measured([10]);
  for (let now = 0; now < 60_000; now += 5_000) {
    observe(backend!, 1, { outcome: answered("no", 503), now });
    assertEquals(backend!.latency, { average: 10, at: now });
  }
  const [untouched] = measured([10]);
  observe(untouched!, 1, { outcome: answered("no", 404), now: 50_000 });
  assert(untouched!.latency!.average < 1.1, "a 404 lowers an average as a 200 does");
});

Deno.test("peak ewma: a backend that only answers with errors does not look fast", () => {
  const [broken, good] = measured([undefined, 20]);
  observe(broken!, 0.3, { outcome: answered("no", 503) });
  assert(picksOf([broken!, good!], 1_000)[0]! < 20);
});

Deno.test("peak ewma: uploads and failures that the client caused do not count", () => {
  const [backend] = measured([10]);
  observe(backend!, 30_000, { request: { hasUpload: true } });
  observe(backend!, 30_000, { outcome: failed("http_request_error") });
  assertEquals(backend!.latency, { average: 10, at: 0 });
});

Deno.test("peak ewma: if answers take no time at all, requests in flight decide", () => {
  const backends = measured([0, 0]);
  putInFlight(backends[0]!, 1);
  assert(picksOf(backends, 1_000)[1]! > 980);
});

Deno.test("peak ewma: a light backend gets its share if it is as fast, and next to nothing if it is slower", () => {
  const share = (latencyOfLight: number) => {
    const backends = backendsOf([10, 1]);
    const luck = seeded(3);
    const latency = ({ weight }: Backend) =>
      (5 + 10 * luck()) * (weight === 1 ? latencyOfLight : 1);
    const random = seeded(4);
    const options = { policy: peakEwma, backends, picks: 20_000, inFlight: 7, random, latency };
    return countsUnder(options).get(backends[1]!)! / 20_000;
  };
  assert(share(1) > 0.05 && share(1) < 0.15, `${share(1)}`);
  assert(share(20) < 0.01, `${share(20)}`);
});

Deno.test("peak ewma: a heavy backend that is slow gets next to nothing", () => {
  for (const weights of [[3, 1, 1, 1], [2, 1, 1, 1], [10, 1]]) {
    const backends = backendsOf(weights);
    const latency = ({ weight }: Backend) => weight === weights[0] ? 2_000 : 20;
    const options = { policy: peakEwma, backends, picks: 10_000, inFlight: 5, latency };
    const counts = countsUnder({ ...options, random: seeded(5) });
    const share = counts.get(backends[0]!)! / 10_000;
    assert(share < 0.02, `${weights}: ${share}`);
  }
});
