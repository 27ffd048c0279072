import { assertEquals } from "@std/assert";
import { answered, facts, failed } from "../support/fakes.ts";
import { HealthTest } from "../support/health.ts";

const REFUSED = "connection_refused";
const RESET = "connection_terminated";

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
