import { assertEquals } from "@std/assert";
import { HealthTest } from "../support/health.ts";

const REFUSED = "connection_refused";
const RESET = "connection_terminated";

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

Deno.test("health: if probes are turned off, a backend that they found down is used again", () => {
  const test = new HealthTest(2);
  for (const good of [true, false, false, false]) {
    test.pool.probed(test.backend("a"), good, "answered 500");
  }
  assertEquals(test.usable, "b");
  test.pool.forgetProbes();
  assertEquals(test.usable, "ab");
  assertEquals(test.backend("a").probed.known, false, "the first probe counts at once again");
  assertEquals(test.log, [
    "a is down, its probes say: answered 500",
    "a is up, its probes say: there are none",
  ]);
});
