import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { carryOver, NO_STATE } from "../../lib/shared_memory/state.ts";

const named = (pools: Record<string, readonly string[]>, routes: readonly string[] = []) => ({
  pools: new Map(Object.entries(pools)),
  routes,
  ways: routes,
});

Deno.test("state: what stays keeps its memory, wherever it is listed", () => {
  const before = carryOver(NO_STATE, named({ users: ["a", "b"], other: ["a"] }, ["x", "y"]), 2);
  const after = carryOver(before, named({ other: ["a"], users: ["c", "b", "a"] }, ["y", "x"]), 2);
  for (const id of ["a", "b"]) {
    assertEquals(
      after.pools.get("users")!.backends.get(id),
      before.pools.get("users")!.backends.get(id),
    );
  }
  assert(after.pools.get("users")!.buffer === before.pools.get("users")!.buffer);
  assert(after.routes.get("x") === before.routes.get("x"));
  assertEquals([...after.pools.keys()], ["other", "users"]);
});

Deno.test("state: the same URL in two pools has two states", () => {
  const { pools } = carryOver(NO_STATE, named({ users: ["a"], other: ["a"] }), 2);
  const [one, other] = ["users", "other"].map((name) => pools.get(name)!.backends.get("a")!);
  assertNotEquals(one!.uid, other!.uid);
  assert(one!.buffer !== other!.buffer);
});

Deno.test("state: what was taken out and returns is new", () => {
  const first = carryOver(NO_STATE, named({ users: ["a", "b"] }, ["x"]), 2);
  const second = carryOver(first, named({ users: ["b"] }), 2);
  const third = carryOver(second, named({ users: ["a", "b"] }, ["x"]), 2);
  const [before, after] = [first, third].map(({ pools }) => pools.get("users")!.backends.get("a")!);
  assertNotEquals(after!.uid, before!.uid);
  assert(after!.buffer !== before!.buffer);
  assert(third.routes.get("x") !== first.routes.get("x"));
  assertEquals(second.pools.get("users")!.backends.size, 1);
});

Deno.test("state: a backend that is spoken to in another way over TLS keeps its memory, and gets new connections", () => {
  const ids = { users: ["https://a", "b"] };
  const spoken = (how?: string) => ({
    ...named(ids),
    tls: new Map(how === undefined ? [] : [["users", how]]),
  });
  const first = carryOver(NO_STATE, spoken("x"), 2);
  const backendIn = ({ pools }: typeof first, id: string) => pools.get("users")!.backends.get(id)!;
  const same = carryOver(first, spoken("x"), 2);
  assertEquals(backendIn(same, "https://a").uid, backendIn(first, "https://a").uid);
  for (const other of [carryOver(first, spoken("y"), 2), carryOver(first, spoken(), 2)]) {
    const [before, after] = [first, other].map((state) => backendIn(state, "https://a"));
    assertNotEquals(after!.uid, before!.uid);
    assert(after!.buffer === before!.buffer);
    assertEquals(backendIn(other, "b").uid, backendIn(first, "b").uid);
  }
});
