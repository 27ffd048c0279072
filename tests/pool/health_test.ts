import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { Backend } from "../../lib/backends/backend.ts";
import { type FailureKind, FAILURES } from "../../lib/outcome.ts";
import type { PoolOptions } from "../../lib/pool/pool.ts";
import { answered, facts, failed, nameOf, putInFlight, triedOf } from "../support/fakes.ts";
import { HealthTest } from "../support/health.ts";
import { seeded } from "../support/random.ts";

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
  test.pool.report(facts(), {
    backend: test.backend("b"),
    outcome: failed("http_response_timeout"),
  });
  test.now = 29_999;
  assertEquals(test.pickOf("b"), false);
  test.now = 30_000;
  assertEquals(test.pick(), "b");
});

Deno.test("Pool: a trial whose client leaves is followed by another at once", () => {
  const test = ejected("http_response_timeout");
  test.now = 10_000;
  assertEquals(test.pick(), "b");
  test.pool.report(facts({ clientGone: true }), {
    backend: test.backend("b"),
    outcome: failed("http_request_error"),
  });
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
  putInFlight(b, 1);
  assertStrictEquals(test.pool.next(facts(), triedOf(a)), c);
  assertEquals(test.pool.next(facts(), triedOf(a)), undefined);
});

Deno.test("Pool: while those in use are full, ejected ones are left in peace", () => {
  const test = ejected("connection_terminated", { backendMaxInFlight: 1 });
  for (const name of ["a", "c"]) putInFlight(test.backend(name), 1);
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
      test.pool.report(request, { backend, outcome });
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
