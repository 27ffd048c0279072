import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { Backend } from "../../lib/backends/backend.ts";
import { type FailureKind, FAILURES } from "../../lib/outcome.ts";
import { Counter } from "../../lib/pool/counter.ts";
import { newRecord } from "../../lib/shared_memory/cells.ts";
import { BACKEND, POOL } from "../../lib/shared_memory/layout.ts";
import type { Pool } from "../../lib/pool/pool.ts";
import { createProxy } from "../../lib/proxy.ts";
import type { RequestFacts } from "../../lib/request_facts.ts";
import { RetryBudget } from "../../lib/retry_budget.ts";
import {
  answered,
  backendsOf,
  countsOf,
  createFakePool,
  equal,
  facts,
  failed,
  nameOf,
  policyOf,
  triedOf,
} from "../support/fakes.ts";
import { HealthTest } from "../support/health.ts";
import { seeded } from "../support/random.ts";

/** Which backend serves each of a number of requests in a row, if some backends always refuse. */
function served(pool: Pool, requests: number, dead: ReadonlySet<Backend>): Backend[] {
  return Array.from({ length: requests }, () => {
    const tried: Backend[] = [];
    while (true) {
      const backend = pool.next(facts(), triedOf(...tried));
      if (backend === undefined) throw new Error("a live backend was never given");
      if (!dead.has(backend)) return backend;
      tried.push(backend);
    }
  });
}

const COUNT = fc.integer({ min: 1, max: 20 });

Deno.test("Pool: a request never gets a backend that it has tried", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 8 });
  fc.assert(fc.property(weights, fc.nat(), fc.nat(1000), (weights, seed, turns) => {
    const cells = newRecord(POOL);
    const [pool, counter] = [createFakePool(weights, { cells }), new Counter(cells.turn)];
    for (let turn = 0; turn < turns % 7; turn++) counter.next(weights.length);
    const tried = pool.backends.filter((_, index) => seed >> index & 1);
    if (tried.length === 0) tried.push(pool.backends[0]!);
    const next = pool.next(facts(), triedOf(...tried));
    assertEquals(next === undefined, tried.length === weights.length);
    assert(next === undefined || !tried.includes(next));
  }));
});

Deno.test("Pool: a request that keeps failing gets each backend once, then none", () => {
  fc.assert(fc.property(COUNT, fc.nat(40), (n, before) => {
    const pool = createFakePool(equal(n));
    for (let index = 0; index < before; index++) pool.next(facts(), []);
    const tried: Backend[] = [];
    for (let attempt = 1; attempt <= n; attempt++) {
      tried.push(pool.next(facts(), triedOf(...tried))!);
    }
    assertEquals(new Set(tried), new Set(pool.backends));
    assertEquals(pool.next(facts(), triedOf(...tried)), undefined);
  }));
});

Deno.test("Pool: only first attempts take a turn", () => {
  const cells = newRecord(POOL);
  const [pool, counter] = [createFakePool(equal(3), { cells }), new Counter(cells.turn)];
  const first = pool.next(facts(), [])!;
  assertEquals(counter.upcoming, 1);
  const second = pool.next(facts(), triedOf(first))!;
  pool.next(facts(), triedOf(first, second));
  pool.next(facts(), triedOf(...pool.backends));
  assertEquals(counter.upcoming, 1);
});

Deno.test("Pool: the next request goes to the next backend, however many retries there were", () => {
  const pool = createFakePool(equal(3));
  const firsts = Array.from({ length: 6 }, () => {
    const first = pool.next(facts(), [])!;
    pool.next(facts(), triedOf(first));
    return nameOf(first);
  });
  assertEquals(firsts, ["a", "b", "c", "a", "b", "c"]);
});

for (
  const [weights, dead, shares] of [
    [[1, 1, 1], [0], [0, 1, 1]],
    [[1, 1, 1], [1], [1, 0, 1]],
    [[1, 1, 1], [2], [1, 1, 0]],
    [[1, 1, 1, 1], [0, 2], [0, 1, 0, 1]],
    [[1, 1, 1, 1], [1, 2, 3], [1, 0, 0, 0]],
    [[1, 2, 3], [2], [1, 2, 0]],
    [[2, 2, 1, 1], [0], [0, 2, 1, 1]],
    [[1, 1, 1, 1, 1, 1], [0, 3], [0, 1, 1, 0, 1, 1]],
  ] as const
) {
  Deno.test(`Pool: of the weights ${weights}, while ${dead} fail, the others serve requests by their weights`, () => {
    const pool = createFakePool(weights);
    const failing = new Set(dead.map((index) => pool.backends[index]!));
    const total = 12_600;
    const counts = countsOf(served(pool, total, failing));
    // A live backend gets its own turns, and its share by weight of the dead ones' turns.
    const sum = weights.reduce((a: number, b) => a + b, 0);
    const alive = shares.reduce((a: number, b) => a + b, 0);
    pool.backends.forEach((backend, index) => {
      const own = weights[index]! / sum, lost = (sum - alive) / sum;
      const share = shares[index] === 0 ? 0 : own + lost * (shares[index]! / alive);
      const deviation = (counts.get(backend) ?? 0) / total - share;
      assert(Math.abs(deviation) < 0.01, `${index}: ${deviation}`);
    });
  });
}

Deno.test("Pool: retries spread evenly even if requests overlap in lockstep", () => {
  const pool = createFakePool(equal(3));
  const counts = new Map<Backend, number>();
  for (let batch = 0; batch < 2_000; batch++) {
    const firsts = Array.from({ length: 6 }, () => pool.next(facts(), [])!);
    for (const first of firsts) {
      const failed = { backend: first, outcome: answered("ok") };
      const by = first === pool.backends[0] ? pool.next(facts(), [failed])! : first;
      counts.set(by, (counts.get(by) ?? 0) + 1);
    }
  }
  const [b = 0, c = 0] = [...counts.values()];
  assert(Math.abs(b - c) < 120, `${b} and ${c} of 12,000`);
});

Deno.test("Pool: if requests overlap, in any order, the counts of any two backends differ by at most one", async () => {
  const anySchedule = fc.scheduler();
  const size = fc.integer({ min: 1, max: 40 });
  await fc.assert(fc.asyncProperty(anySchedule, COUNT, size, async (schedule, n, requests) => {
    const pool = createFakePool(equal(n));
    const picked: (Backend | undefined)[] = [];
    for (let index = 0; index < requests; index++) {
      schedule.schedule(Promise.resolve()).then(async () => {
        const backend = pool.next(facts(), [])!;
        picked.push(backend);
        await schedule.schedule(Promise.resolve());
        pool.report(facts(), { backend, outcome: answered("ok") });
      });
    }
    await schedule.waitAll();
    const counts = countsOf(picked);
    const all = pool.backends.map((backend) => counts.get(backend) ?? 0);
    assertEquals(picked.length, requests);
    assert(Math.max(...all) - Math.min(...all) <= 1);
  }));
});

Deno.test("Pool: round robin interleaves weighted backends", () => {
  const pool = createFakePool([5, 1, 1]);
  assertEquals(served(pool, 7, new Set()).map(nameOf).join(""), "aabacaa");
});

Deno.test("Pool: weighted picks keep their order across the wrap at 2^32", () => {
  const cells = newRecord(POOL);
  cells.turn[0] = 2 ** 32 - 4; // 4294967292 is 0 modulo 7: the cycle starts here
  assertEquals((2 ** 32 - 4) % 7, 0);
  const pool = createFakePool([5, 1, 1], { cells });
  assertEquals(served(pool, 14, new Set()).map(nameOf).join(""), "aabacaaaabacaa");
});

Deno.test("Pool: a policy learns how long an attempt took, from its beginning to its outcome", async () => {
  const test = new HealthTest(2, { policy: policyOf("peak_ewma") });
  test.now = 1_000;
  const proxy = createProxy<RequestFacts, string>({
    pool: test.pool,
    budget: new RetryBudget(Infinity),
    maxAttempts: 2,
    forward() {
      test.now += 123.5;
      return Promise.resolve(answered("ok"));
    },
  });
  const { attempts: [attempt] } = await proxy(facts());
  assertEquals(attempt!.backend.latency, { average: 123.5, at: 1_123.5 });
});

Deno.test("Pool: after an outage the latency from before is forgotten, and late attempts do not bring it back", () => {
  const test = new HealthTest(2, { policy: policyOf("peak_ewma") });
  const backend = test.backend("a");
  backend.latency = { average: 60_000, at: 0 };
  test.fail("a", "connection_terminated", 5);
  test.now = 10_000;
  backend.acquire();
  test.pool.report(facts(), { backend, outcome: failed("http_response_timeout"), begunAt: 0 });
  assertEquals(backend.standing.phase, "out");
  test.pickOf("a");
  test.now = 10_020;
  test.finish("a");
  assertEquals(backend.standing.phase, "in");
  assertEquals(backend.latency, undefined);
  backend.acquire();
  test.pool.report(facts(), { backend, outcome: answered("ok"), begunAt: 0 });
  assertEquals(backend.latency, undefined, "the attempt began before the outage");
});

Deno.test("Pool: the latency is also forgotten when probes find a backend up again", () => {
  const test = new HealthTest(2, { policy: policyOf("peak_ewma") });
  const backend = test.backend("a");
  for (let i = 0; i < 4; i++) test.pool.probed(backend, false, "");
  backend.latency = { average: 60_000, at: 0 };
  for (let i = 0; i < 2; i++) test.pool.probed(backend, true, "");
  assertEquals([backend.usable, backend.latency], [true, undefined]);
});

Deno.test("Pool: whatever fails, in-flight counts return to 0, and in the end all backends get requests again", () => {
  const steps = fc.array(
    fc.record({
      pause: fc.nat(5_000),
      failure: fc.option(fc.constantFrom(...Object.keys(FAILURES) as FailureKind[]), {
        freq: 2,
      }),
      clientGone: fc.boolean(),
      method: fc.constantFrom("GET", "POST"),
    }),
    { maxLength: 80 },
  );
  fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), steps, fc.nat(), (size, steps, seed) => {
    const test = new HealthTest(size, { random: seeded(seed) });
    for (const { pause, failure, clientGone, method } of steps) {
      test.now += pause;
      const request = facts({ clientGone, method });
      const backend = test.pool.next(request, [])!;
      assert(backend !== undefined, "a first attempt always gets a backend");
      const outcome = failure === null ? answered("ok") : failed(failure);
      test.pool.report(request, { backend, outcome });
      if (outcome.kind === "answered") test.pool.end(backend, outcome);
    }
    assertEquals(test.pool.backends.map(({ inFlight }) => inFlight), Array(size).fill(0));
    test.now += 10 * 60 * 1_000; // longer than any ejection
    for (const backend of test.pool.backends) test.check(nameOf(backend)!);
    for (let i = 0; i < size; i++) {
      const backend = test.pool.next(facts(), [])!;
      test.finish(nameOf(backend)!);
    }
    test.now += 60_000;
    assertEquals(test.usable.length, size);
    assertEquals(Object.keys(test.shares(size)).length, size);
  }));
});

Deno.test("Pool: an attempt began before the ejection if both have the same time", () => {
  const test = new HealthTest(2);
  const [a, b] = test.pool.backends as [Backend, Backend];
  test.now = 1_000;
  test.fail("a", "connection_terminated", 5);
  assertEquals([999, 1_000, 1_001].map((at) => test.pool.hasEjectedSince(at, a)), [
    true,
    true,
    false,
  ]);
  assertEquals(test.pool.hasEjectedSince(999, b), false, "it is in use");
  test.fail("b", "connection_refused", 5);
  assertEquals(test.pool.hasEjectedSince(999, a), false, "no other backend is usable");
});

Deno.test("Pool: without a backend for a request it says whether there is none or all are full", () => {
  assertEquals(createFakePool([]).unavailable.failure, "destination_unavailable");
  assertEquals(createFakePool(equal(1)).unavailable.failure, "connection_limit_reached");
});

Deno.test("Pool: what another worker finds out counts in all pools on the same memory", () => {
  const [cells, record] = [newRecord(POOL), newRecord(BACKEND)];
  const pools = [0, 1].map((worker) => {
    const backends = [new Backend({ url: "http://a:5000", weight: 1 }, record), ...backendsOf([1])];
    return createFakePool([], { backends, cells, worker });
  });
  const [one, other] = pools as [Pool, Pool];
  assertEquals(served(other, 2, new Set()).map(nameOf), ["a", "a"]);
  const [backend] = one.backends;
  for (let i = 0; i < 5; i++) {
    backend!.acquire();
    one.report(facts(), { backend: backend!, outcome: failed("connection_refused") });
  }
  assertEquals(other.backends[0]!.usable, false);
  assertStrictEquals(other.next(facts(), []), other.backends[1]);
});
