import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { Backend } from "../../lib/backends/backend.ts";
import { draw, drawTwo, pickByNumber, weightClasses } from "../../lib/backends/weight_classes.ts";
import { backendsOf, countsOf, equal, nameOf } from "../support/fakes.ts";
import { seeded } from "../support/random.ts";

const WEIGHTS = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 20 });

/** A random function that returns these numbers, one after the other. */
function luck(...numbers: number[]): () => number {
  return () => numbers.shift()!;
}

Deno.test("weight classes: backends of equal weight are together, in their order", () => {
  const { classes, total } = weightClasses(backendsOf([2, 1, 2, 3, 1]));
  const shown = classes.map((
    { weight, members, total },
  ) => [weight, members.map(nameOf).join(""), total]);
  assertEquals(shown, [[2, "ac", 4], [1, "be", 2], [3, "d", 3]]);
  assertEquals(total, 9);
});

Deno.test("weight classes: the classes of a list are computed once", () => {
  const backends = backendsOf([1, 2]);
  assertStrictEquals(weightClasses(backends), weightClasses(backends));
});

Deno.test("draw: each backend has a part of the scale in proportion to its weight", () => {
  const backends = backendsOf([3, 1, 2]);
  const at = (place: number) => nameOf(draw(backends, luck(place / 6)));
  assertEquals([0, 1, 2, 2.99].map(at).join(""), "aaaa");
  assertEquals([3, 3.99].map(at).join(""), "bb");
  assertEquals([4, 5, 5.99].map(at).join(""), "ccc");
});

Deno.test("drawTwo: with only one backend there is no second", () => {
  const backends = backendsOf([5]);
  assertEquals(drawTwo(backends, () => 0.9), [backends[0]!, undefined]);
});

Deno.test("drawTwo: never returns the same backend twice", () => {
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(fc.property(WEIGHTS, chance, chance, (weights, first, second) => {
    const [one, other] = drawTwo(backendsOf(weights), luck(first, second));
    assertNotStrictEquals(one, other);
    assert(other !== undefined);
  }));
});

Deno.test("drawTwo: all pairs are equally likely, in either order", () => {
  const backends = backendsOf(equal(6));
  const random = seeded(3);
  const draws = 120_000;
  const pairs = countsOf(
    Array.from({ length: draws }, () => drawTwo(backends, random).map(nameOf).join("")),
  );
  assertEquals(pairs.size, 30);
  // 4,000 of each, with a standard deviation of 62.
  for (const [pair, count] of pairs) assert(Math.abs(count - draws / 30) < 310, `${pair} ${count}`);
});

Deno.test("drawTwo: the second backend is drawn by weight from the remaining ones", () => {
  const backends = backendsOf([1, 2, 3]);
  const random = seeded(4);
  const draws = 60_000;
  const counts = new Map<Backend, Map<Backend, number>>();
  for (let i = 0; i < draws; i++) {
    const [first, second] = drawTwo(backends, random);
    const seconds = counts.get(first) ?? new Map();
    counts.set(first, seconds.set(second!, (seconds.get(second!) ?? 0) + 1));
  }
  for (const first of backends) {
    for (const second of backends) {
      const expected = first === second
        ? 0
        : draws * first.weight / 6 * (second.weight / (6 - first.weight));
      const count = counts.get(first)?.get(second) ?? 0;
      assert(Math.abs(count - expected) <= 5 * Math.sqrt(expected), `${count}, not ${expected}`);
    }
  }
});

Deno.test("drawTwo: random numbers at their limits give two backends, whatever the weights", () => {
  const limit = fc.constantFrom(0, 1 - 2 ** -53);
  fc.assert(
    fc.property(WEIGHTS, limit, limit, (weights, first, second) => {
      const backends = backendsOf(weights);
      const drawn = drawTwo(backends, luck(first, second));
      assertEquals(new Set(drawn).size, 2);
      assert(drawn.every((backend) => backends.includes(backend!)));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("pickByNumber: each backend gets numbers in proportion to its weight, again and again", () => {
  const backends = backendsOf([2, 1, 2]);
  const names = Array.from({ length: 10 }, (_, number) => nameOf(pickByNumber(backends, number)));
  assertEquals(names.join(""), "aaccbaaccb");
});
