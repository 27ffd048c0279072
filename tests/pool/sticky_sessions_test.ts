import { assert, assertEquals } from "@std/assert";
import { Counter } from "../../lib/pool/counter.ts";
import { newRecord } from "../../lib/shared_memory/cells.ts";
import { POOL } from "../../lib/shared_memory/layout.ts";
import type { PoolOptions } from "../../lib/pool/pool.ts";
import type { RequestFacts } from "../../lib/request_facts.ts";
import { Sticky } from "../../lib/pool/sticky.ts";
import { backendsOf, equal, facts, nameOf, triedOf } from "../support/fakes.ts";
import { HealthTest } from "../support/health.ts";

/** A pool that ties clients to its backends, and requests that are tied to one. */
function stickyPool(size: number, options: Partial<PoolOptions> = {}) {
  const backends = backendsOf(equal(size));
  const sticky = new Sticky({ backends, cookie: "lb", secret: undefined, isSecure: () => false });
  const test = new HealthTest(size, { backends, sticky, ...options });
  const tiedTo = (name: string, given: Partial<RequestFacts> = {}): Partial<RequestFacts> => {
    const [cookie] = sticky.cookieFor(facts(), test.backend(name))!.split(";");
    return { ...given, header: (name) => name === "cookie" ? cookie : undefined };
  };
  return { test, tiedTo };
}

Deno.test("Pool: a client goes to the backend that its cookie names, and takes nobody's turn", () => {
  const cells = newRecord(POOL);
  const { test, tiedTo } = stickyPool(3, { cells });
  for (let i = 0; i < 5; i++) assertEquals(test.pick(tiedTo("c")), "c");
  assertEquals(new Counter(cells.turn).upcoming, 0);
  assertEquals([test.pick(), test.pick()], ["a", "b"]);
});

Deno.test("Pool: what a client is tied to counts as in flight there", () => {
  const { test, tiedTo } = stickyPool(2);
  test.pick(tiedTo("b"));
  assertEquals(test.backend("b").inFlight, 1);
});

Deno.test("Pool: a client whose backend is ejected is moved, and its cookie with it", () => {
  const { test, tiedTo } = stickyPool(3);
  test.fail("b", "connection_refused", 5);
  const moved = test.pick(tiedTo("b"))!;
  assert(moved === "a" || moved === "c");
  assert(test.pool.cookieFor(facts(tiedTo("b")), test.backend(moved)) !== undefined);
});

Deno.test("Pool: a client whose backend is down by its probes is moved", () => {
  const { test, tiedTo } = stickyPool(2);
  for (let i = 0; i < 4; i++) test.pool.probed(test.backend("b"), false, "");
  assertEquals(test.pick(tiedTo("b")), "a");
});

Deno.test("Pool: a client whose backend is full is moved", () => {
  const { test, tiedTo } = stickyPool(2, { backendMaxInFlight: 1 });
  assertEquals([test.pick(tiedTo("b")), test.pick(tiedTo("b"))], ["b", "a"]);
});

Deno.test("Pool: a request that its backend failed goes to another one", () => {
  const { test, tiedTo } = stickyPool(2);
  const next = test.pool.next(facts(tiedTo("b")), triedOf(test.backend("b")));
  assertEquals(nameOf(next), "a");
});

Deno.test("Pool: a request that was a trial elsewhere comes back to the backend it is tied to", () => {
  const { test, tiedTo } = stickyPool(3);
  const next = test.pool.next(facts(tiedTo("c")), triedOf(test.backend("a")));
  assertEquals(nameOf(next), "c");
});

Deno.test("Pool: no client that is well where it is becomes the trial of an ejected backend", () => {
  const { test, tiedTo } = stickyPool(3);
  test.fail("b", "connection_terminated", 5);
  test.now = 10_000;
  assertEquals(test.pick(tiedTo("c")), "c");
  assertEquals(test.pick(tiedTo("b")), "b", "those who were its own are");
});

Deno.test("Pool: while no backend is usable, a client stays with its own", () => {
  const { test, tiedTo } = stickyPool(2);
  for (const name of "ab") test.fail(name, "connection_refused", 5);
  for (let i = 0; i < 4; i++) assertEquals(test.pick(tiedTo("b")), "b");
});

Deno.test("Pool: a client that comes back in slow start is let in", () => {
  const { test, tiedTo } = stickyPool(3);
  test.fail("b", "connection_refused", 5);
  test.now = 10_000;
  assertEquals(test.pick(), "b");
  test.finish("b");
  test.luck = 0.999;
  assertEquals(test.pick(tiedTo("b")), "b");
});

Deno.test("Pool: where nobody but tied clients comes, one of them becomes the trial after as long again", () => {
  const { test, tiedTo } = stickyPool(3);
  test.fail("b", "connection_terminated", 5);
  test.now = 19_999;
  assertEquals(test.pick(tiedTo("c")), "c");
  test.now = 20_000;
  assertEquals(test.pick(tiedTo("c", { method: "POST" })), "c", "a POST could be lost");
  assertEquals(test.pick(tiedTo("c")), "b");
  assertEquals(test.pick(tiedTo("c")), "c", "and only one");
});
