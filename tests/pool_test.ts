import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { Backend } from "../lib/backend.ts";
import { Counter } from "../lib/counter.ts";
import { type FailureKind, FAILURES } from "../lib/outcome.ts";
import type { Pool, PoolOptions } from "../lib/pool.ts";
import {
  answered,
  countsOf,
  equal,
  facts,
  failed,
  nameOf,
  poolOf,
  triedOf,
} from "./support/fakes.ts";
import { HealthTest } from "./support/health.ts";
import { seeded } from "./support/random.ts";

/** Which backend serves each request, one request after the other, where some always refuse. */
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

Deno.test("Pool: never gives a backend that was tried", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 8 });
  fc.assert(fc.property(weights, fc.nat(), fc.nat(1000), (weights, seed, turns) => {
    const counter = new Counter();
    const pool = poolOf(weights, { counter });
    for (let turn = 0; turn < turns % 7; turn++) counter.next(weights.length);
    const tried = pool.backends.filter((_, index) => seed >> index & 1);
    if (tried.length === 0) tried.push(pool.backends[0]!);
    const next = pool.next(facts(), triedOf(...tried));
    assertEquals(next === undefined, tried.length === weights.length);
    assert(next === undefined || !tried.includes(next));
  }));
});

Deno.test("Pool: a request gets each backend once, then none", () => {
  fc.assert(fc.property(COUNT, fc.nat(40), (n, before) => {
    const pool = poolOf(equal(n));
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
  const counter = new Counter();
  const pool = poolOf(equal(3), { counter });
  const first = pool.next(facts(), [])!;
  assertEquals(counter.upcoming, 1);
  const second = pool.next(facts(), triedOf(first))!;
  pool.next(facts(), triedOf(first, second));
  pool.next(facts(), triedOf(...pool.backends));
  assertEquals(counter.upcoming, 1);
});

Deno.test("Pool: the next request goes to the next backend, whatever retries there were", () => {
  const pool = poolOf(equal(3));
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
  Deno.test(`Pool: of weights ${weights} while ${dead} fail, the others serve their shares`, () => {
    const pool = poolOf(weights);
    const failing = new Set(dead.map((index) => pool.backends[index]!));
    const total = 12_600;
    const counts = countsOf(served(pool, total, failing));
    // The turns of a live backend are exact; those of a dead one go to the rest by their weights.
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

Deno.test("Pool: retries spread evenly where requests overlap in lockstep", () => {
  const pool = poolOf(equal(3));
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

Deno.test("Pool: requests that overlap in any order keep counts within one", async () => {
  const anySchedule = fc.scheduler();
  const size = fc.integer({ min: 1, max: 40 });
  await fc.assert(fc.asyncProperty(anySchedule, COUNT, size, async (schedule, n, requests) => {
    const pool = poolOf(equal(n));
    const picked: (Backend | undefined)[] = [];
    for (let index = 0; index < requests; index++) {
      schedule.schedule(Promise.resolve()).then(async () => {
        const backend = pool.next(facts(), [])!;
        picked.push(backend);
        await schedule.schedule(Promise.resolve());
        pool.report(facts(), backend, answered("ok"));
      });
    }
    await schedule.waitAll();
    const counts = countsOf(picked);
    const all = pool.backends.map((backend) => counts.get(backend) ?? 0);
    assertEquals(picked.length, requests);
    assert(Math.max(...all) - Math.min(...all) <= 1);
  }));
});

Deno.test("Pool: shares follow the weights", () => {
  const pool = poolOf([5, 1, 1]);
  assertEquals(served(pool, 7, new Set()).map(nameOf).join(""), "aabacaa");
});

Deno.test("Pool: weighted picks keep their order across the wrap at 2^32", () => {
  const cell = new Uint32Array(new SharedArrayBuffer(4));
  cell[0] = 2 ** 32 - 4; // 4294967292 is 0 modulo 7: the cycle starts here
  assertEquals((2 ** 32 - 4) % 7, 0);
  const pool = poolOf([5, 1, 1], { counter: new Counter(cell) });
  assertEquals(served(pool, 14, new Set()).map(nameOf).join(""), "aabacaaaabacaa");
});

/** A pool of three whose second backend was ejected, by that failure, for 10 s. */
function ejected(failure: FailureKind, options: Partial<PoolOptions> = {}): HealthTest {
  const test = new HealthTest(3, options);
  test.fail("b", failure, 5);
  return test;
}

Deno.test("Pool: an ejected backend gets nothing until its time is over", () => {
  const test = ejected("connection_refused");
  assertEquals(test.shares(100), { a: 50, c: 50 });
  test.now = 9_999;
  assertEquals(test.shares(100), { a: 50, c: 50 });
});

Deno.test("Pool: then one request tries it, and the others go elsewhere until that is answered", () => {
  const test = ejected("http_response_timeout");
  test.now = 10_000;
  assertEquals(test.pick(), "b");
  assertEquals(test.pickOf("b"), false);
  test.finish("b");
  assertEquals(test.usable, "abc");
});

Deno.test("Pool: a trial that fails costs one request, and the next one comes later", () => {
  const test = ejected("http_response_timeout");
  test.now = 10_000;
  assertEquals(test.pick(), "b");
  test.pool.report(facts(), test.backend("b"), failed("http_response_timeout"));
  test.now = 29_999;
  assertEquals(test.pickOf("b"), false);
  test.now = 30_000;
  assertEquals(test.pick(), "b");
});

Deno.test("Pool: a trial whose client leaves is followed by another at once", () => {
  const test = ejected("http_response_timeout");
  test.now = 10_000;
  assertEquals(test.pick(), "b");
  test.pool.report(facts({ clientGone: true }), test.backend("b"), failed("http_request_error"));
  assertEquals([test.backend("b").inFlight, test.pick()], [0, "b"]);
});

Deno.test("Pool: what cannot be taken back is no trial of a backend that broke off what it had taken", () => {
  const test = ejected("connection_terminated");
  test.now = 10_000;
  assertEquals(test.pickOf("b", { method: "POST" }), false);
  assertEquals(test.pick({ method: "PUT" }), "b");
});

Deno.test("Pool: it is where nothing else comes for as long as an ejection lasts", () => {
  const test = ejected("connection_terminated");
  test.now = 19_999;
  assertEquals(test.pickOf("b", { method: "POST" }), false);
  test.now = 20_000;
  assertEquals(test.pick({ method: "POST" }), "b");
});

Deno.test("Pool: any request may try one that could not be reached, for nothing is lost by that", () => {
  const test = ejected("connection_refused");
  test.now = 10_000;
  assertEquals(test.pick({ method: "POST" }), "b");
});

Deno.test("Pool: retries are no trials", () => {
  const test = ejected("connection_terminated");
  const [a, b, c] = test.pool.backends as [Backend, Backend, Backend];
  test.now = 10_000;
  assertStrictEquals(test.pool.next(facts(), triedOf(a)), c);
  assertStrictEquals(test.pool.next(facts(), triedOf(a, c)), b, "but better than to give up");
});

Deno.test("Pool: in slow start a backend's share grows with time, and the rest goes to the others", () => {
  const test = ejected("connection_refused", { random: seeded(7) });
  test.now = 20_000;
  test.pick();
  test.finish("b");
  for (const [now, share] of [[20_000, 0], [22_500, 0.25], [25_000, 0.5], [30_000, 1]] as const) {
    test.now = now;
    const { a = 0, b = 0, c = 0 } = test.shares(3_000);
    assert(Math.abs(b / 1_000 - share) < 0.06, `${b} at ${now}`);
    assert(Math.abs(a - c) < 160, `${a} and ${c} at ${now}`);
  }
});

Deno.test("Pool: with SLOW_START=off a backend has its whole share at once", () => {
  const test = ejected("connection_refused", { slowStart: 0 });
  test.now = 10_000;
  test.pick();
  test.finish("b");
  assertEquals(test.shares(300), { a: 100, b: 100, c: 100 });
});

Deno.test("Pool: where all are in slow start, or alone, nobody waits for it", () => {
  const test = new HealthTest(2, { random: seeded(1), slowStart: 60_000 });
  for (const name of "ab") test.fail(name, "connection_refused", 5);
  test.now = 10_000;
  for (const _ of "ab") test.finish(test.pick()!);
  assertEquals(test.usable, "ab");
  const { a = 0, b = 0 } = test.shares(1_000);
  assertEquals(a + b, 1_000);
  assert(Math.abs(a - b) < 120, `${a} and ${b}`);
});

Deno.test("Pool: BACKEND_MAX_IN_FLIGHT sends what is too much to the next backend, then nowhere", () => {
  const test = new HealthTest(3, { backendMaxInFlight: 2 });
  const picked = Array.from({ length: 7 }, () => test.pick());
  assertEquals(picked.slice(0, 6).sort().join(""), "aabbcc");
  assertEquals(picked[6], undefined);
  assertEquals(test.pool.unavailable.failure, "connection_limit_reached");
  test.finish("b");
  assertEquals(test.pick(), "b");
});

Deno.test("Pool: a retry passes by a backend that is full, and comes back with nothing where all are", () => {
  const test = new HealthTest(3, { backendMaxInFlight: 1 });
  const [a, b, c] = test.pool.backends as [Backend, Backend, Backend];
  b.inFlight = 1;
  assertStrictEquals(test.pool.next(facts(), triedOf(a)), c);
  assertEquals(test.pool.next(facts(), triedOf(a)), undefined);
});

Deno.test("Pool: while those in use are full, ejected ones are left in peace", () => {
  const test = ejected("connection_terminated", { backendMaxInFlight: 1 });
  test.backend("a").inFlight = test.backend("c").inFlight = 1;
  assertEquals(test.pick(), undefined);
});

Deno.test("Pool: whatever happens, in-flight counts end where they began, and nobody usable is left out", () => {
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
      assert(backend !== undefined, "some backend is always tried first");
      const outcome = failure === null ? answered("ok") : failed(failure);
      test.pool.report(request, backend, outcome);
      if (outcome.kind === "answered") test.pool.end(backend, outcome);
    }
    assertEquals(test.pool.backends.map(({ inFlight }) => inFlight), Array(size).fill(0));
    test.now += 10 * 60 * 1_000; // longer than any ejection, and any slow start after it
    for (let i = 0; i < size; i++) {
      const backend = test.pool.next(facts(), [])!;
      test.finish(nameOf(backend)!);
    }
    test.now += 60_000;
    assertEquals(test.usable.length, size);
    assertEquals(Object.keys(test.shares(size)).length, size);
  }));
});
