import { assertEquals } from "@std/assert";
import { answered, facts, failed } from "../support/fakes.ts";
import { HealthTest } from "../support/health.ts";

const REFUSED = "connection_refused";
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

for (
  const [size, ejected] of [[1, 0], [2, 1], [3, 1], [4, 2], [5, 2], [10, 5]] as const
) {
  Deno.test(`health: of ${size} backends that reset connections, ${ejected} are ejected and the others kept in use`, () => {
    const test = new HealthTest(size);
    for (let round = 0; round < 10; round++) {
      for (const { id } of test.pool.backends) test.fail(id.replace(":5000", ""), RESET);
    }
    assertEquals(test.usable.length, size - ejected);
    const kept = test.log.filter((line) => line.includes("stays in use"));
    assertEquals(kept.length, size - ejected, "each is logged once");
  });

  Deno.test(`health: if all of ${size} backends refuse connections, all are ejected, and then all are used`, () => {
    const test = new HealthTest(size);
    for (let round = 0; round < 10; round++) {
      for (const { id } of test.pool.backends) test.fail(id.replace(":5000", ""), REFUSED);
    }
    assertEquals([test.usable, test.pool.usable], ["", false]);
    assertEquals(Object.keys(test.shares(size * 3)).length, size);
    const panics = test.log.filter((line) => line.startsWith("no backend is usable"));
    assertEquals(panics.length, 1);
  });
}

Deno.test("health: EJECT_MAX=100% ejects all that fail, EJECT_MAX=0% only those that cannot be reached", () => {
  const all = new HealthTest(2, { ejectMax: 1 });
  for (const name of "ab") all.fail(name, RESET, 5);
  assertEquals(all.usable, "");
  const none = new HealthTest(2, { ejectMax: 0 });
  none.fail("a", RESET, 50);
  none.fail("b", REFUSED, 5);
  assertEquals(none.usable, "a");
});

Deno.test("health: backends that refuse connections do not count towards EJECT_MAX", () => {
  const test = new HealthTest(3);
  test.fail("a", REFUSED, 5);
  test.fail("b", RESET, 5);
  assertEquals(test.usable, "c");
});

Deno.test("health: a backend that EJECT_MAX kept in use is ejected once another is reinstated", () => {
  const test = new HealthTest(2);
  test.fail("a", RESET, 5);
  test.fail("b", RESET, 9);
  assertEquals(test.usable, "b");
  test.now = 10_000;
  test.pickOf("a");
  test.finish("a");
  test.fail("b", RESET);
  assertEquals(test.usable, "a");
});

Deno.test("health: in panic an answer reinstates its backend at once, and the log says that the panic is over", () => {
  const test = new HealthTest(2);
  for (const name of "ab") test.fail(name, REFUSED, 5);
  test.answer("b");
  assertEquals([test.usable, test.pool.usable], ["b", true]);
  assertEquals(test.log.slice(-2), [
    "b is reinstated",
    "a backend is usable again: requests go to those that are",
  ]);
});

Deno.test("health: while others are usable, a late answer does not reinstate an ejected backend", () => {
  const test = new HealthTest(2);
  test.fail("a", REFUSED, 5);
  test.answer("a"); // begun before: the backend shuts down and finishes its requests
  assertEquals(test.usable, "b");
});

Deno.test("health: once a panic is over the other backends are tried at once, however long they were ejected for", () => {
  const test = new HealthTest(4, { ejectMax: 1 });
  for (const name of "abcd") test.fail(name, RESET, 5);
  for (let hour = 0; hour < 12; hour++) { // each fails its trials, and is ejected for longer each time
    test.now += 300_000;
    for (const _ of "abcd") {
      test.pool.report(facts(), {
        backend: test.pool.next(facts(), [])!,
        outcome: failed(RESET),
      });
    }
  }
  test.answer("b");
  assertEquals(test.usable, "b");
  for (const _ of "acd") test.finish(test.pick()!);
  assertEquals(test.usable, "abcd");
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

Deno.test("health: failed probes take a backend out of use, and good ones bring it back in slow start", () => {
  const test = new HealthTest(2);
  const probe = (good: boolean, times = 1) => {
    for (let i = 0; i < times; i++) {
      test.pool.probed(test.backend("a"), good, good ? "answered 200" : "answered 500");
    }
  };
  probe(true);
  probe(false, 2);
  assertEquals(test.usable, "ab");
  probe(false, 10);
  assertEquals([test.usable, test.pickOf("a")], ["b", false]);
  test.now = 60_000;
  probe(true, 1);
  assertEquals(test.usable, "b");
  probe(true, 10);
  assertEquals(test.usable, "ab");
  test.luck = 0.99;
  assertEquals(test.shares(10), { b: 10 });
  assertEquals(test.log, [
    "a is down, its probes say: answered 500",
    "a is up, its probes say: answered 200",
  ]);
});

Deno.test("health: a backend that its probes find up again is reinstated, even if it is ejected", () => {
  const test = new HealthTest(2);
  const backend = test.backend("a");
  test.pool.probed(backend, true, "answered 200");
  test.fail("a", REFUSED, 5);
  for (let i = 0; i < 3; i++) test.pool.probed(backend, false, "refused");
  for (let i = 0; i < 2; i++) test.pool.probed(backend, true, "answered 200");
  assertEquals(test.usable, "ab");
});

Deno.test("health: probes that were good all the time do not end an ejection", () => {
  const test = new HealthTest(2);
  test.pool.probed(test.backend("a"), true, "answered 200");
  test.fail("a", RESET, 5);
  for (let i = 0; i < 20; i++) test.pool.probed(test.backend("a"), true, "answered 200");
  assertEquals(test.usable, "b");
});

Deno.test("health: an ejected backend that its probes find down gets no trial", () => {
  const test = new HealthTest(2);
  test.fail("a", REFUSED, 5);
  test.pool.probed(test.backend("a"), false, "refused");
  test.now = 60_000;
  assertEquals(test.pickOf("a"), false);
});

Deno.test("health: if all probes fail, all backends are used", () => {
  const test = new HealthTest(2);
  for (const name of "ab") test.pool.probed(test.backend(name), false, "answered 404");
  assertEquals([test.pool.usable, test.shares(4)], [false, { a: 2, b: 2 }]);
});

Deno.test("health: a backend is known to be unreachable from the first attempt that cannot connect, and other failures do not say so", () => {
  const test = new HealthTest(3);
  test.fail("a", REFUSED);
  test.fail("b", RESET);
  test.fail("c", "connection_limit_reached");
  assertEquals(test.pool.backends.map(({ unreachable }) => unreachable), [true, false, false]);
  assertEquals(test.usable, "abc");
});

Deno.test("health: failed connect checks count as failures, and eject without requests", () => {
  const test = new HealthTest(3);
  test.fail("b", REFUSED);
  for (let i = 0; i < 3; i++) test.check("b", "connection_timeout");
  assertEquals(test.usable, "abc");
  test.check("b", REFUSED);
  assertEquals(test.usable, "ac");
  for (let i = 0; i < 100; i++) test.check("b", REFUSED);
  assertEquals(test.log, [
    "b fails: connection_refused: x",
    "b is ejected until it can be connected to, failures: 5: connection_refused: x",
  ]);
});

Deno.test("health: a connect check that fails by this program's own fault shows nothing", () => {
  const test = new HealthTest(2);
  test.fail("b", REFUSED);
  for (let i = 0; i < 20; i++) test.check("b", "connection_limit_reached");
  assertEquals([test.usable, test.backend("b").unreachable], ["ab", true]);
});

Deno.test("health: once a connect check reaches a backend, its trial is due at once, and is any request", () => {
  const test = new HealthTest(2);
  test.fail("b", REFUSED, 5);
  test.now = 600_000;
  assertEquals(test.pickOf("b"), false, "not before, however long that takes");
  test.check("b");
  assertEquals([test.usable, test.pick({ method: "POST" })], ["a", "b"]);
  test.finish("b");
  assertEquals(test.usable, "ab");
});

Deno.test("health: a connect check does not shorten the ejection of a backend that breaks off requests", () => {
  const test = new HealthTest(2);
  test.fail("b", RESET, 5);
  test.backend("b").acquire();
  test.pool.report(facts(), { backend: test.backend("b"), outcome: failed(REFUSED) }); // a last resort
  assertEquals(test.backend("b").unreachable, true);
  test.check("b");
  assertEquals([test.backend("b").unreachable, test.pickOf("b")], [false, false]);
  test.now = 10_000;
  assertEquals(test.pick(), "b");
});

Deno.test("health: an answer shows that a backend is reachable, unless its attempt began before one that could not connect", () => {
  const test = new HealthTest(2);
  const backend = test.backend("b");
  const answer = (begunAt: number) => {
    backend.acquire();
    test.pool.report(facts(), { backend, outcome: answered("ok"), begunAt });
    test.pool.end(backend, answered("ok"));
    return !backend.unreachable;
  };
  test.now = 1_000;
  test.fail("b", REFUSED);
  assertEquals([answer(900), answer(1_000), answer(1_001)], [false, false, true]);
});

Deno.test("health: a connect check that ends after a request has reached the backend is not counted", () => {
  const test = new HealthTest(2);
  test.fail("b", REFUSED);
  test.now = 1_000;
  test.answer("b");
  test.check("b", "connection_timeout");
  assertEquals([test.backend("b").unreachable, test.backend("b").standing.failures], [false, 0]);
});
