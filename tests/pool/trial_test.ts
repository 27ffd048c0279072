import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Backend } from "../../lib/backends/backend.ts";
import { IN_USE, MAX_EJECTION_MS, type Standing } from "../../lib/health/ejection.ts";
import type { FailureKind } from "../../lib/outcome.ts";
import type { PoolOptions } from "../../lib/pool/pool.ts";
import { mayTry } from "../../lib/pool/trial.ts";
import { facts, failed, putInFlight, triedOf } from "../support/fakes.ts";
import { HealthTest } from "../support/health.ts";

const EJECTED: Standing = { ...IN_USE, phase: "out", since: 0, retryAt: 10_000 };
const UNREACHABLE: Standing = { ...EJECTED, ejectedAsUnreachable: true };
const ON_TRIAL: Standing = { ...EJECTED, phase: "trial", retryAt: MAX_EJECTION_MS };

for (
  const [what, standing, method, isTied, now, expected] of [
    ["no request before the trial is due", EJECTED, "GET", false, 9_999, false],
    ["an idempotent request", EJECTED, "GET", false, 10_000, true],
    ["no other request while one could be lost", EJECTED, "POST", false, 19_999, false],
    ["any request after as long again", EJECTED, "POST", false, 20_000, true],
    ["any request if it could not be reached", UNREACHABLE, "POST", false, 10_000, true],
    ["no client that is tied to another", EJECTED, "GET", true, 19_999, false],
    ["not even if it could not be reached", UNREACHABLE, "GET", true, 19_999, false],
    ["a tied client after as long again", EJECTED, "GET", true, 20_000, true],
    ["no request of it that could be lost", EJECTED, "POST", true, 20_000, false],
    ["none while another is its trial", ON_TRIAL, "GET", false, 299_999, false],
    ["another if a trial is never reported", ON_TRIAL, "GET", false, 300_000, true],
    ["none while it is in use", IN_USE, "GET", false, Infinity, false],
  ] as const
) {
  Deno.test(`trial: a backend is tried by ${what}: ${method}${isTied ? ", tied" : ""} at ${now}`, () => {
    assertEquals(mayTry(standing, facts({ method }), isTied, 10_000, now), expected);
  });
}

/** A pool of three whose second backend is ejected by a failure, for 10 s. */
function ejected(failure: FailureKind, options: Partial<PoolOptions> = {}): HealthTest {
  const test = new HealthTest(3, options);
  test.fail("b", failure, 5);
  return test;
}

Deno.test("trial: an ejected backend gets no requests until its ejection is over", () => {
  const test = ejected("connection_refused");
  assertEquals(test.shares(100), { a: 50, c: 50 });
  test.now = 9_999;
  assertEquals(test.shares(100), { a: 50, c: 50 });
});

Deno.test("trial: one request is the trial, and the others go elsewhere until it is answered", () => {
  const test = ejected("http_response_timeout");
  test.now = 10_000;
  assertEquals(test.pick(), "b");
  assertEquals(test.pickOf("b"), false);
  test.finish("b");
  assertEquals(test.usable, "abc");
});

Deno.test("trial: a trial that fails costs one request, and the next one comes later", () => {
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

Deno.test("trial: if the client of a trial leaves, the next request is another trial", () => {
  const test = ejected("http_response_timeout");
  test.now = 10_000;
  assertEquals(test.pick(), "b");
  test.pool.report(facts({ clientGone: true }), {
    backend: test.backend("b"),
    outcome: failed("http_request_error"),
  });
  assertEquals([test.backend("b").inFlight, test.pick()], [0, "b"]);
});

Deno.test("trial: a POST does not try a backend that broke off requests, a PUT does", () => {
  const test = ejected("connection_terminated");
  test.now = 10_000;
  assertEquals(test.pickOf("b", { method: "POST" }), false);
  assertEquals(test.pick({ method: "PUT" }), "b");
});

Deno.test("trial: a retry is no trial, but may go to an ejected backend if no other is left", () => {
  const test = ejected("connection_terminated");
  const [a, b, c] = test.pool.backends as [Backend, Backend, Backend];
  test.now = 10_000;
  assertStrictEquals(test.pool.next(facts(), triedOf(a)), c);
  assertStrictEquals(test.pool.next(facts(), triedOf(a, c)), b);
  assertEquals(b.standing.phase, "out");
});

Deno.test("trial: an ejected backend gets no requests if the usable ones are full", () => {
  const test = ejected("connection_terminated", { backendMaxInFlight: 1 });
  for (const name of ["a", "c"]) putInFlight(test.backend(name), 1);
  assertEquals(test.pick(), undefined);
});

Deno.test("trial: a backend that is full is not tried", () => {
  const test = ejected("connection_terminated", { backendMaxInFlight: 1 });
  putInFlight(test.backend("b"), 1);
  test.now = 10_000;
  assertEquals([test.pickOf("b"), test.backend("b").standing.phase], [false, "out"]);
  putInFlight(test.backend("b"), 0);
  assertEquals(test.pick(), "b");
});
