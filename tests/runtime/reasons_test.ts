import { assertEquals } from "@std/assert";
import type { PoolEvent } from "../../lib/health/events.ts";
import { Reasons } from "../../lib/runtime/reasons.ts";

/** Reasons at a time that can be set. */
function start() {
  let now = 1_000;
  const reasons = new Reasons(() => now);
  return {
    reasons,
    at: (time: number) => now = time,
    note: (event: PoolEvent) => reasons.note(event, "users"),
    of: (state: Parameters<Reasons["of"]>[2], pool = "users") => reasons.of(pool, "a", state),
  };
}

const EJECTED: PoolEvent = {
  kind: "ejected",
  backend: "a",
  reason: "dns_error",
  failures: 5,
  milliseconds: 10_000,
};

Deno.test("reasons: the last event that changes a backend's state says why, and since when", () => {
  const { at, note, of } = start();
  assertEquals(of("in use"), undefined);
  note({ kind: "fails", backend: "a", reason: "connection_refused" });
  assertEquals(of("in use"), undefined, "it is in use all the same");
  note(EJECTED);
  assertEquals(of("ejected"), { text: "failures: 5: dns_error", since: 1_000 });
  at(2_000);
  note({ kind: "panic" });
  note({ kind: "reinstated", backend: "a" });
  assertEquals(of("in use"), { text: undefined, since: 2_000 });
  note({ kind: "down", backend: "a", reason: "answered 500" });
  assertEquals(of("down")?.text, "answered 500");
  assertEquals(of("down", "other"), undefined, "the same URL in another pool is another backend");
});

Deno.test("reasons: what probes find and what requests find are told apart", () => {
  const { at, note, of } = start();
  note(EJECTED);
  at(2_000);
  note({ kind: "down", backend: "a", reason: "answered 500" });
  at(3_000);
  note({ kind: "reinstated", backend: "a" });
  assertEquals(of("down"), { text: "answered 500", since: 2_000 });
  note(EJECTED);
  at(4_000);
  note({ kind: "up", backend: "a", reason: "answered 200" });
  assertEquals(of("ejected"), { text: "failures: 5: dns_error", since: 3_000 });
  at(5_000);
  note({ kind: "reinstated", backend: "a" });
  assertEquals(of("in use"), { text: undefined, since: 5_000 });
});

Deno.test("reasons: of a drain by hand no event says since when", () => {
  const { note, of } = start();
  note({ kind: "reinstated", backend: "a" });
  assertEquals(of("draining"), undefined);
});

Deno.test("reasons: backends that are gone are forgotten", () => {
  const reasons = new Reasons(() => 1);
  for (const backend of ["a", "b"]) reasons.note({ kind: "reinstated", backend }, "users");
  reasons.retain(new Map([["users", ["b"]]]));
  assertEquals(["a", "b"].map((id) => reasons.of("users", id, "in use")?.since), [undefined, 1]);
});
