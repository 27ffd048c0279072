import { assertEquals } from "@std/assert";
import { answered, facts, failed } from "../support/fakes.ts";
import { HealthTest } from "../support/health.ts";

const RESET = "connection_terminated";

Deno.test("health: the fifth failure in a row ejects, and the log says why", () => {
  const test = new HealthTest(3);
  test.fail("b", RESET, 4);
  assertEquals(test.usable, "abc");
  test.fail("b", RESET);
  assertEquals(test.usable, "ac");
  assertEquals(test.log, [
    "b fails: connection_terminated: x",
    "b is ejected for 10 s, failures: 5: connection_terminated: x",
  ]);
});

Deno.test("health: a complete response resets the count of failures, one that has only begun does not", () => {
  const test = new HealthTest(3);
  test.fail("b", RESET, 4);
  test.answer("b");
  test.fail("b", RESET, 4);
  test.pool.report(facts(), { backend: test.backend("b"), outcome: answered("ok") });
  test.fail("b", RESET);
  assertEquals(test.usable, "ac");
});

Deno.test("health: a backend that cuts its responses short is ejected", () => {
  const test = new HealthTest(3);
  const backend = test.backend("b");
  for (let i = 0; i < 5; i++) {
    backend.acquire();
    test.pool.report(facts(), { backend, outcome: answered("ok") });
    test.pool.end(backend, answered("ok"), failed(RESET, "cut short"));
  }
  assertEquals([test.usable, backend.inFlight], ["ac", 0]);
});

Deno.test("health: failures that the client caused do not count against a backend", () => {
  const test = new HealthTest(3);
  const backend = test.backend("b");
  for (let i = 0; i < 20; i++) {
    test.fail("b", "http_request_error");
    backend.acquire();
    test.pool.report(facts({ clientGone: true }), { backend, outcome: failed(RESET) });
    backend.acquire();
    test.pool.report(facts(), { backend, outcome: answered("ok") });
    test.pool.end(backend, answered("ok"), failed("http_request_error", "the client left"));
  }
  assertEquals([backend.standing.failures, backend.inFlight, test.log], [0, 0, []]);
});

Deno.test("health: failures of this program do not count against a backend", () => {
  const test = new HealthTest(3);
  test.fail("b", "connection_limit_reached", 20);
  test.fail("b", "proxy_internal_error", 20);
  assertEquals([test.usable, test.log], ["abc", []]);
});

Deno.test("health: the outcomes of attempts that began before an ejection are ignored after it", () => {
  const test = new HealthTest(3);
  const backend = test.backend("b");
  test.fail("b", "http_response_timeout", 5);
  test.now = 10_000;
  test.pickOf("b");
  const late = (outcome = failed("http_response_timeout"), gone = false) => {
    backend.acquire();
    test.pool.report(facts({ clientGone: gone }), { backend, outcome, begunAt: -1 });
  };
  late();
  late(failed("http_request_error"), true);
  backend.acquire();
  test.pool.report(facts(), { backend, outcome: answered("late"), begunAt: -1 });
  assertEquals(backend.standing.phase, "trial");
  test.finish("b");
  for (let i = 0; i < 10; i++) late();
  assertEquals([test.usable, backend.standing.failures], ["abc", 0]);
});

Deno.test("health: when the request's time is up, only a first attempt counts against its backend", () => {
  const test = new HealthTest(3);
  const expire = (name: string, number: number, neverLeft?: true) => {
    const backend = test.backend(name);
    backend.acquire();
    const outcome = { ...failed("http_response_timeout"), ...(neverLeft && { neverLeft }) };
    test.pool.report(facts({ expired: true }), { backend, outcome, begunAt: 0, number });
  };
  for (let i = 0; i < 5; i++) expire("a", 1);
  for (let i = 0; i < 5; i++) expire("b", 2);
  for (let i = 0; i < 5; i++) expire("c", 1, true);
  const uploaded = test.backend("c");
  for (let i = 0; i < 5; i++) {
    uploaded.acquire();
    const outcome = failed("http_response_timeout");
    test.pool.report(facts({ expired: true, hasUpload: true }), { backend: uploaded, outcome });
  }
  assertEquals(test.usable, "bc");
});

Deno.test("health: by default answers of 5xx do not eject", () => {
  const test = new HealthTest(3);
  for (let i = 0; i < 50; i++) test.answer("b", 500);
  assertEquals([test.usable, test.log], ["abc", []]);
});

for (const [status, usable] of [[499, "abc"], [500, "ac"], [503, "ac"], [599, "ac"]] as const) {
  Deno.test(`health: with EJECT_ON_5XX=on, after five answers of ${status} by b the usable backends are ${usable}`, () => {
    const test = new HealthTest(3, { ejectOn5xx: true });
    for (let i = 0; i < 5; i++) test.answer("b", status);
    assertEquals(test.usable, usable);
  });
}

Deno.test("health: with EJECT_ON_5XX=on a trial that is answered with 500 fails", () => {
  const test = new HealthTest(3, { ejectOn5xx: true });
  for (let i = 0; i < 5; i++) test.answer("b", 500);
  test.now = 10_000;
  test.pickOf("b");
  test.finish("b", 500);
  assertEquals(test.backend("b").standing.phase, "out");
  assertEquals(test.backend("b").standing.retryAt, 30_000);
});

Deno.test("health: a backend that fails now and then is logged at most once a minute", () => {
  const test = new HealthTest(3);
  for (let i = 0; i < 100; i++) {
    test.now = i * 1_000;
    test.fail("b", RESET);
    test.answer("b");
  }
  assertEquals(test.log, [
    "b fails: connection_terminated: x",
    "b answers again",
    "b fails: connection_terminated: x",
    "b answers again",
  ]);
});
