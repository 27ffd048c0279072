import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createSplit } from "../../lib/routing/split.ts";

type Sides = readonly (readonly [side: string, weight: number])[];

const PLACES = 10_000;

/** The side of each place. */
function sidesOf(sides: Sides): string[] {
  const choose = createSplit(sides, "side", () => 0);
  return Array.from(
    { length: PLACES },
    (_, place) => choose({ header: () => `side=${place}` }, false).side,
  );
}

const sidesWith = (...weights: number[]): Sides =>
  weights.map((weight, index) => [`${index}`, weight]);

Deno.test("split: each side has its share of the places", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(weights, (weights) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const sides = sidesOf(sidesWith(...weights));
      weights.forEach((weight, index) => {
        const places = sides.filter((side) => side === `${index}`).length;
        assert(Math.abs(places - PLACES * weight / total) <= 1, `${places} of ${weights}`);
      });
    }),
    { seed: 20261127, numRuns: 50 },
  );
});

Deno.test("split: a change of the weights moves exactly the share that changed", () => {
  const share = fc.integer({ min: 1, max: 99 });
  fc.assert(
    fc.property(share, share, (before, after) => {
      const [from, to] = [before, after].map((weight) => sidesOf(sidesWith(weight, 100 - weight)));
      const moved = from!.filter((side, place) => side !== to![place]).length;
      assertEquals(moved, Math.abs(before - after) * PLACES / 100);
    }),
    { seed: 20261127, numRuns: 50 },
  );
});

Deno.test("split: without a cookie it is drawn, and the whole range of the draw is used", () => {
  for (const [drawn, side] of [[0, "0"], [0.7999, "0"], [0.8, "1"], [0.999999, "1"]] as const) {
    const choose = createSplit(sidesWith(80, 20), undefined, () => drawn);
    assertEquals(choose({ header: () => "side=9999" }, false), { side, cookie: undefined });
  }
});

for (
  const [cookie, isKnown] of [
    ["side=0", true],
    ["side=9999", true],
    ["a=b; side=12; c=d", true],
    ["side=x; side=7", true],
    ["side=10000", false],
    ["side=-1", false],
    ["side=1e3", false],
    ["side= ", false],
    ["side=0x1", false],
    ["sides=1", false],
    [undefined, false],
  ] as const
) {
  Deno.test(`split: ${cookie ?? "no cookie"} ${isKnown ? "is a place" : "gets a new place"}`, () => {
    const choose = createSplit(sidesWith(1), "side", () => 0.5);
    const chosen = choose({ header: (name) => name === "cookie" ? cookie : undefined }, true);
    const expected = "side=5000; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure";
    assertEquals(chosen, { side: "0", cookie: isKnown ? undefined : expected });
  });
}

Deno.test("split: a new place is on the side on which its cookie keeps it", () => {
  const drawn = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(drawn, fc.integer({ min: 1, max: 99 }), (random, weight) => {
      const choose = createSplit(sidesWith(weight, 100 - weight), "side", () => random);
      const first = choose({ header: () => undefined }, false);
      const again = choose({ header: () => first.cookie!.split(";")[0]! }, false);
      assertEquals(again, { side: first.side, cookie: undefined });
    }),
    { seed: 20261127, numRuns: 1000 },
  );
});
