import { assertEquals } from "@std/assert";
import { Reasons } from "../../lib/runtime/reasons.ts";

Deno.test("reasons: the last event that changes a backend's state says why, and since when", () => {
  let now = 1_000;
  const reasons = new Reasons(() => now);
  const note = (event: Parameters<Reasons["note"]>[0]) => reasons.note(event, "users");
  assertEquals(reasons.of("users", "a"), undefined);
  note({ kind: "fails", backend: "a", reason: "connection_refused" });
  assertEquals(reasons.of("users", "a"), undefined, "it is in use all the same");
  note({ kind: "ejected", backend: "a", reason: "dns_error", failures: 5, milliseconds: 10_000 });
  assertEquals(reasons.of("users", "a"), { text: "failures: 5: dns_error", since: 1_000 });
  now = 2_000;
  note({ kind: "panic" });
  note({ kind: "reinstated", backend: "a" });
  assertEquals(reasons.of("users", "a"), { text: undefined, since: 2_000 });
  note({ kind: "down", backend: "a", reason: "answered 500" });
  assertEquals(reasons.of("users", "a")?.text, "answered 500");
  assertEquals(
    reasons.of("other", "a"),
    undefined,
    "the same URL in another pool is another backend",
  );
});

Deno.test("reasons: backends that are gone are forgotten", () => {
  const reasons = new Reasons(() => 1);
  for (const backend of ["a", "b"]) reasons.note({ kind: "reinstated", backend }, "users");
  reasons.retain(new Map([["users", ["b"]]]));
  assertEquals(["a", "b"].map((id) => reasons.of("users", id)?.since), [undefined, 1]);
});
