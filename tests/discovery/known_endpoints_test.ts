import { assertEquals } from "@std/assert";
import { KnownEndpoints } from "../../lib/discovery/known_endpoints.ts";
import type { Endpoint, Found, Unanswered } from "../../lib/net/resolver/answer.ts";

const failure = { kind: "servfail", detail: "", servers: [] } as const;

function answer(addresses: readonly string[], unanswered: readonly Unanswered[] = []): Found {
  const endpoints = addresses.map((address): Endpoint => ({ name: "users", address }));
  return { kind: "found", endpoints, ttlMs: 1_000, unanswered, isCut: false };
}

const addressesOf = (known: KnownEndpoints) => known.endpoints.map(({ address }) => address);

/** Answers, one after the other, and what is known after each. */
for (
  const [what, ...steps] of [
    ["a new address is known at once", ["a", "a"], ["ab", "ab"]],
    ["one answer that lacks an address takes nothing away", ["ab", "ab"], ["a", "ab"], [
      "ab",
      "ab",
    ]],
    ["two in a row do", ["ab", "ab"], ["a", "ab"], ["a", "a"]],
    ["two that are not in a row do not", ["ab", "ab"], ["a", "ab"], ["ab", "ab"], ["a", "ab"]],
    ["answers that each lack another one lose none", ["abc", "abc"], ["ab", "abc"], ["bc", "abc"], [
      "ca",
      "abc",
    ]],
    ["all may be replaced", ["ab", "ab"], ["cd", "abcd"], ["cd", "cd"]],
    ["an address that has left may come back", ["ab", "ab"], ["a", "ab"], ["a", "a"], ["ab", "ab"]],
    ["one that comes back is missing anew", ["ab", "ab"], ["a", "ab"], ["ab", "ab"], ["a", "ab"], [
      "a",
      "a",
    ]],
    ["each once is enough", ["aab", "ab"]],
    ["their order says nothing", ["ba", "ab"]],
  ] as readonly (readonly [string, ...(readonly [string, string])[]])[]
) {
  Deno.test(`known endpoints: ${what}`, () => {
    const known = new KnownEndpoints();
    let before = "";
    for (const [given, expected] of steps) {
      const { isChanged } = known.take(answer([...given]));
      assertEquals(addressesOf(known).join(""), expected, given);
      assertEquals(isChanged, expected !== before, given);
      before = expected;
    }
  });
}

Deno.test("known endpoints: an answer says whether it lacks some for the first time", () => {
  const known = new KnownEndpoints();
  const lacks = ["ab", "a", "a", "a"].map((given) => known.take(answer([...given])).lacksSome);
  assertEquals(lacks, [false, true, false, false]);
});

Deno.test("known endpoints: a version that was not answered for keeps its addresses, the other one loses them", () => {
  const known = new KnownEndpoints();
  known.take(answer(["10.0.0.1", "10.0.0.2", "2001:db8::1"]));
  const part = answer(["10.0.0.1"], [{ name: "users", version: 6, failure }]);
  for (let i = 0; i < 5; i++) known.take(part);
  assertEquals(addressesOf(known), ["10.0.0.1", "2001:db8::1"]);
  known.take(answer(["10.0.0.1"]));
  known.take(answer(["10.0.0.1"]));
  assertEquals(addressesOf(known), ["10.0.0.1"]);
});

Deno.test("known endpoints: an answer that says nothing of an address is none of the two that lack it", () => {
  const known = new KnownEndpoints();
  const whole = answer(["10.0.0.1"]);
  const part = answer(["10.0.0.1"], [{ name: "users", version: 6, failure }]);
  known.take(answer(["10.0.0.1", "2001:db8::1"]));
  known.take(whole);
  known.take(part);
  assertEquals(addressesOf(known).length, 2);
  known.take(whole);
  assertEquals(addressesOf(known), ["10.0.0.1"]);
});

const served = (name: string, address: string, port: number, weight = 1): Endpoint => ({
  name,
  address,
  service: { priority: 1, weight, port },
});
const services = (...endpoints: Endpoint[]): Found => ({ ...answer([]), endpoints });

Deno.test("known endpoints: the same address with two ports is two, and another weight is a change", () => {
  const known = new KnownEndpoints();
  known.take(services(served("a", "10.0.0.1", 80), served("a", "10.0.0.1", 81)));
  assertEquals(known.endpoints.map(({ service }) => service?.port), [80, 81]);
  const next = services(served("a", "10.0.0.1", 80, 5), served("a", "10.0.0.1", 81));
  assertEquals(known.take(next).isChanged, true);
  assertEquals(known.take(next).isChanged, false);
  assertEquals(known.endpoints[0]?.service?.weight, 5);
});

Deno.test("known endpoints: a target that was not answered for keeps its addresses, one that is gone does not", () => {
  const known = new KnownEndpoints();
  known.take(services(served("a", "10.0.0.1", 80), served("b", "10.0.0.2", 80)));
  const unanswered = [{ name: "a", version: 4, failure }] as const;
  const part: Found = { ...services(served("c", "10.0.0.3", 80)), unanswered };
  known.take(part);
  known.take(part);
  assertEquals(addressesOf(known), ["10.0.0.1", "10.0.0.3"]);
});

Deno.test("known endpoints: a thousand that are others with each answer do not pile up", () => {
  const known = new KnownEndpoints();
  for (let turn = 0; turn < 10; turn++) {
    known.take(answer(Array.from({ length: 1_000 }, (_, index) => `${turn}-${index}`)));
    assertEquals(known.endpoints.length, turn === 0 ? 1_000 : 2_000);
  }
});
