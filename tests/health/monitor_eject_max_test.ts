import { assertEquals } from "@std/assert";
import { facts, failed } from "../support/fakes.ts";
import { HealthTest } from "../support/health.ts";

const REFUSED = "connection_refused";
const RESET = "connection_terminated";

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
