import { assert, assertEquals } from "@std/assert";
import { Counter } from "../../lib/pool/counter.ts";
import { newRecord } from "../../lib/shared_memory/cells.ts";
import { POOL } from "../../lib/shared_memory/layout.ts";
import type { PoolOptions } from "../../lib/pool/pool.ts";
import type { RequestFacts } from "../../lib/request_facts.ts";
import { Sticky } from "../../lib/pool/sticky.ts";
import { backendsOf, equal, facts, nameOf, triedOf } from "../support/fakes.ts";
import { HealthTest } from "../support/health.ts";

/** A pool with sticky sessions, and a way to make requests that are tied to a backend. */
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

Deno.test("tied clients: a request goes to the backend that its cookie names, and takes no turn", () => {
  const cells = newRecord(POOL);
  const { test, tiedTo } = stickyPool(3, { cells });
  for (let i = 0; i < 5; i++) assertEquals(test.pick(tiedTo("c")), "c");
  assertEquals(new Counter(cells.turn).upcoming, 0);
  assertEquals([test.pick(), test.pick()], ["a", "b"]);
});

Deno.test("tied clients: a request counts as in flight at its backend", () => {
  const { test, tiedTo } = stickyPool(2);
  test.pick(tiedTo("b"));
  assertEquals(test.backend("b").inFlight, 1);
});

Deno.test("tied clients: if the backend is ejected, the client moves to another one and gets its cookie", () => {
  const { test, tiedTo } = stickyPool(3);
  test.fail("b", "connection_refused", 5);
  const moved = test.pick(tiedTo("b"))!;
  assert(moved === "a" || moved === "c");
  assert(test.pool.cookieFor(facts(tiedTo("b")), test.backend(moved)) !== undefined);
});

Deno.test("tied clients: if probes find the backend down, the client moves to another one", () => {
  const { test, tiedTo } = stickyPool(2);
  for (let i = 0; i < 4; i++) test.pool.probed(test.backend("b"), false, "");
  assertEquals(test.pick(tiedTo("b")), "a");
});

Deno.test("tied clients: if the backend is full, the client moves to another one", () => {
  const { test, tiedTo } = stickyPool(2, { backendMaxInFlight: 1 });
  assertEquals([test.pick(tiedTo("b")), test.pick(tiedTo("b"))], ["b", "a"]);
});

Deno.test("tied clients: if the backend fails a request, the retry goes to another one", () => {
  const { test, tiedTo } = stickyPool(2);
  const next = test.pool.next(facts(tiedTo("b")), triedOf(test.backend("b")));
  assertEquals(nameOf(next), "a");
});

Deno.test("tied clients: if another backend fails a request, the retry goes to the client's own", () => {
  const { test, tiedTo } = stickyPool(3);
  const next = test.pool.next(facts(tiedTo("c")), triedOf(test.backend("a")));
  assertEquals(nameOf(next), "c");
});

Deno.test("tied clients: a request tries an ejected backend only if it is the client's own", () => {
  const { test, tiedTo } = stickyPool(3);
  test.fail("b", "connection_terminated", 5);
  test.now = 10_000;
  assertEquals(test.pick(tiedTo("c")), "c");
  assertEquals(test.pick(tiedTo("b")), "b", "its own");
});

Deno.test("tied clients: if no backend is usable, a client stays with its own", () => {
  const { test, tiedTo } = stickyPool(2);
  for (const name of "ab") test.fail(name, "connection_refused", 5);
  for (let i = 0; i < 4; i++) assertEquals(test.pick(tiedTo("b")), "b");
});

Deno.test("tied clients: slow start does not turn away the backend's own clients", () => {
  const { test, tiedTo } = stickyPool(3);
  test.fail("b", "connection_refused", 5);
  test.check("b");
  assertEquals(test.pick(), "b");
  test.finish("b");
  test.luck = 0.999;
  assertEquals(test.pick(tiedTo("b")), "b");
});

Deno.test("tied clients: if no other clients come for as long as an ejection lasts, one of them is the trial", () => {
  const { test, tiedTo } = stickyPool(3);
  test.fail("b", "connection_terminated", 5);
  test.now = 19_999;
  assertEquals(test.pick(tiedTo("c")), "c");
  test.now = 20_000;
  assertEquals(test.pick(tiedTo("c", { method: "POST" })), "c", "a POST could be lost");
  assertEquals(test.pick(tiedTo("c")), "b");
  assertEquals(test.pick(tiedTo("c")), "c", "and only one");
});
